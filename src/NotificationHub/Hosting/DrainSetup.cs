using Microsoft.Net.Http.Headers;

namespace NotificationHub.Hosting;

internal static class DrainSetup
{
    private static readonly TimeSpan DefaultLength = TimeSpan.FromSeconds(5);

    /// <summary>The time limit after the drain for requests in progress, then for the stages.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    public static void AddDrain(this HubBuilder hub)
    {
        var options = hub.AddOptions(HostingOptions.Section, new HostingOptionsValidator());
        var length = options.DrainDelay ?? (hub.Environment.IsDevelopment() ? TimeSpan.Zero : DefaultLength);
        hub.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<Drain>(services, length));
        hub.Services.AddHostedService(services => services.GetRequiredService<Drain>());
        hub.Services.Configure<HostOptions>(host => host.ShutdownTimeout = length + LongestStop);
        hub.Services.AddSingleton<IStartupFilter, ClosingConnections>();
    }

    // Closing idle connections instead could lose a delivery that is already on its way.
    private sealed class ClosingConnections(Drain drain) : IStartupFilter
    {
        // Before routing, because the intake endpoint runs during routing.
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(following =>
                    context =>
                    {
                        if (drain.HasBegun && HttpProtocol.IsHttp11(context.Request.Protocol))
                        {
                            context.Response.Headers[HeaderNames.Connection] = "close";
                        }

                        return following(context);
                    }
                );
                next(app);
            };
    }
}
