using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NotificationHub.Intake;

internal static class IntakeSetup
{
    private const int MaxHeaderBytes = 16 * 1024;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    public static void AddIntake(this HubBuilder hub)
    {
        var options = hub.AddOptions(IntakeOptions.Section, new IntakeOptionsValidator());
        hub.Services.AddSingleton(new ByteBudget(options.MaxBytesInFlight));
        hub.Services.AddSingleton<LocationGates>();
        hub.Services.AddHostedService<LocationFollower>();
        hub.Services.AddSingleton<RefusalWatch>();
        hub.Services.AddHostedService(services => services.GetRequiredService<RefusalWatch>());
        hub.Services.AddSingleton<IntakeEndpoint>();
        hub.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        });
    }

    public static void MapIntake(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<IntakeEndpoint>();
        app.MapPost("/notifications/{locationId}", endpoint.HandleAsync);
    }
}
