using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace NotificationHub.Hosting.Connections;

internal static class ConnectionSetup
{
    private const int DefaultPerAddress = 256;

    /// <summary>The host's setting <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c>: every connection then comes from the proxy.</summary>
    private const string BehindProxy = "ForwardedHeaders_Enabled";

    /// <summary>Restricts each listener to HTTP/1.1, its connection limits and its routes.</summary>
    public static void AddConnections(this HubBuilder hub, int maxConnections, int? maxPerAddress)
    {
        hub.RejectOtherProtocols();
        var admin = new AdminListeners(hub.AddAdminEndpoints());
        hub.Services.AddSingleton<ConnectionMetrics>();
        hub.Services.AddSingleton(admin);
        hub.Services.AddHostedService<ConnectionReport>();
        hub.Services.AddSingleton<IStartupFilter>(new BeforeRouting(TrackRequests));
        if (admin.AreSeparate)
        {
            hub.Services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerPolicy>());
        }

        var isBehindProxy = string.Equals(hub.Configuration[BehindProxy], "true", StringComparison.OrdinalIgnoreCase);
        var perAddress = maxPerAddress ?? (isBehindProxy ? int.MaxValue : DefaultPerAddress);
        hub.Services.AddSingleton(services =>
        {
            return new ConnectionLimiters(Create(), admin.AreSeparate ? Create() : null);

            ConnectionLimiter Create() =>
                new(maxConnections, perAddress, services.GetRequiredService<ConnectionMetrics>());
        });
        hub.Services.AddOptions<KestrelServerOptions>()
            .Configure<ConnectionLimiters>(
                (kestrel, limiters) =>
                {
                    // Not reloaded while the hub runs: a changed file could bring HTTP/2 back, past the check at startup.
                    kestrel.Configure(hub.Configuration.GetSection("Kestrel"), reloadOnChange: false);
                    kestrel.ConfigureEndpointDefaults(listener =>
                    {
                        // A reset HTTP/2 stream can occupy a connection slot permanently, and Apple does not need HTTP/2.
                        listener.Protocols = HttpProtocols.Http1;
                        listener.Use(next =>
                        {
                            var routes = admin.RoutesOf(listener);
                            var limiter = limiters.For(routes);
                            var time = listener.ApplicationServices.GetRequiredService<TimeProvider>();
                            return transport => limiter.RunAsync(transport, routes, time, next);
                        });
                    });
                    admin.FindIn(kestrel);
                }
            );
    }

    public static void UseAdminListeners(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AdminListeners>().AreSeparate)
        {
            var features = app.Services.GetRequiredService<IServer>().Features;
            features.Set<IServerAddressesFeature>(
                new BoundAddresses(features.GetRequiredFeature<IServerAddressesFeature>())
            );
        }
    }

    private static RequestDelegate TrackRequests(RequestDelegate next) =>
        async context =>
        {
            var connection = context.Features.Get<TrackedConnection>();
            connection?.BeginRequest();
            try
            {
                await next(context);
            }
            finally
            {
                connection?.EndRequest();
            }
        };

    // The setting exists per endpoint, for all endpoints, and per SNI name.
    private static void RejectOtherProtocols(this HubBuilder hub)
    {
        foreach (var (setting, value) in hub.Configuration.GetSection("Kestrel").AsEnumerable())
        {
            if (
                setting.EndsWith(":Protocols", StringComparison.OrdinalIgnoreCase)
                && value is not null
                && !value.Equals(nameof(HttpProtocols.Http1), StringComparison.OrdinalIgnoreCase)
            )
            {
                hub.AddError(
                    setting,
                    $"must be {nameof(HttpProtocols.Http1)}: over HTTP/2, unauthenticated clients can use up the connections that Apple needs"
                );
            }
        }
    }
}

/// <summary>Separate limits for each kind of listener: a flood of one does not affect the other.</summary>
internal sealed record ConnectionLimiters(ConnectionLimiter Public, ConnectionLimiter? Admin)
{
    public ConnectionLimiter For(ListenerRoutes routes) =>
        routes == ListenerRoutes.Admin && Admin is not null ? Admin : Public;
}
