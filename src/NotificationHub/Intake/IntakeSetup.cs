using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NotificationHub.Hosting;

namespace NotificationHub.Intake;

internal static class IntakeSetup
{
    private const int MaxHeaderBytes = 16 * 1024;
    private const int MaxBufferedBytes = 64 * 1024;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(60);

    public static void AddIntake(this HubBuilder hub)
    {
        var options = hub.AddOptions(IntakeOptions.Section, new IntakeOptionsValidator());
        hub.Services.AddSingleton(new MemoryBudget(options.MaxBytesInFlight));
        hub.Services.AddSingleton<IntakeMetrics>();
        hub.Services.AddSingleton<LocationCredentialCache>();
        hub.Services.AddWorker<CredentialCacheRefresher>();
        hub.Services.AddSingleton<SecretUsageWriter>();
        hub.Services.AddWorker(services => services.GetRequiredService<SecretUsageWriter>());
        hub.Services.AddSingleton<UnauthorizedDeliveryReporter>();
        hub.Services.AddWorker(services => services.GetRequiredService<UnauthorizedDeliveryReporter>());
        hub.Services.AddSingleton<IntakeEndpoint>();
        hub.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Accept any bytes: by default, Kestrel responds 400 to every header that is not UTF-8, even if the hub does not use it.
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            // By default 1 MiB, which every client that does not read its responses could fill with more requests.
            kestrel.Limits.MaxRequestBufferSize = MaxBufferedBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
            // The intake checks the size itself, with a better response: one byte more than its limit is enough.
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes + 1L;
            // Intake:BodyTimeout limits slow bodies instead.
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
    }

    public static void MapIntake(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<IntakeEndpoint>();
        // The intake authenticates the sender itself, so it skips the authentication middleware of the other routes.
        app.MapPost("/notifications/{locationId}", endpoint.HandleAsync).ServeOn(ListenerRoutes.Public).ShortCircuit();
    }
}
