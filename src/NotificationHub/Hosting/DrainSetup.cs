using Microsoft.Net.Http.Headers;

namespace NotificationHub.Hosting;

internal static class DrainSetup
{
    private static readonly TimeSpan DefaultLength = TimeSpan.FromSeconds(5);

    /// <summary>What is under way when the drain is over may take this long: requests first, then the stages.</summary>
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

    /// <summary>
    /// Has senders open their next connection elsewhere. A connection that is closed while it is idle would be closed under a post that
    /// is on its way; one that is closed with an answer is not.
    /// </summary>
    private sealed class ClosingConnections(Drain drain) : IStartupFilter
    {
        // Before routing, which hands posts straight to the intake.
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
