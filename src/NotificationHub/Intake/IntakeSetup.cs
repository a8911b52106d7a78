using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NotificationHub.Hosting;

namespace NotificationHub.Intake;

internal static class IntakeSetup
{
    private const int MaxHeaderBytes = 16 * 1024;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(60);

    public static void AddIntake(this HubBuilder hub)
    {
        var options = hub.AddOptions(IntakeOptions.Section, new IntakeOptionsValidator());
        hub.Services.AddSingleton(new MemoryBudget(options.MaxBytesInFlight));
        hub.Services.AddSingleton<LocationCredentialCache>();
        hub.Services.AddHostedService<CredentialCacheRefresher>();
        hub.Services.AddSingleton<SecretUsageWriter>();
        hub.Services.AddHostedService(services => services.GetRequiredService<SecretUsageWriter>());
        hub.Services.AddSingleton<UnauthorizedDeliveryReporter>();
        hub.Services.AddHostedService(services => services.GetRequiredService<UnauthorizedDeliveryReporter>());
        hub.Services.AddSingleton<IntakeEndpoint>();
        hub.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Any bytes: Kestrel answers 400 to a header that is not UTF-8, even to one that the hub does not need. Credentials are compared as bytes.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
            // The intake counts for itself, and answers with words; one byte more than it takes is enough to see.
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes + 1L;
            // Intake:BodyTimeout is the bound on a slow body.
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
    }

    public static void MapIntake(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<IntakeEndpoint>();
        // It judges the sender itself: authentication and authorization, which the admin routes bring, have no say here.
        app.MapPost("/notifications/{locationId}", endpoint.HandleAsync).ServeOn(ListenerRoutes.Public).ShortCircuit();
    }
}
