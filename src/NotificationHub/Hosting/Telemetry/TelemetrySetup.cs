using System.Diagnostics;
using OpenTelemetry.Logs;

namespace NotificationHub.Hosting.Telemetry;

/// <summary>What the hub tells of itself, and to whom. Nothing leaves the process unless <see cref="Endpoint"/> is set.</summary>
internal static class TelemetrySetup
{
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string Disabled = "OTEL_SDK_DISABLED";

    public static void AddTelemetry(this HubBuilder hub)
    {
        hub.Services.AddSingleton<DistributedContextPropagator, OwnTraces>();
        if (hub.Configuration[Endpoint] is not { Length: > 0 } endpoint || IsDisabled(hub.Configuration))
        {
            return;
        }

        Judge(hub, endpoint);
        var sampler = SamplerSetting.Read(hub.Configuration, hub.AddFault);
        hub.Services.AddSingleton<IStartupFilter, RequestTraces>();
        hub.Services.AddHostedService(services => new TelemetryExport(
            services.GetRequiredService<IConfiguration>(),
            sampler
        ));
        hub.Host.Logging.AddOpenTelemetry(logging =>
        {
            logging.SetResourceBuilder(HubResource.Describe());
            logging.IncludeFormattedMessage = true;
            logging.AddOtlpExporter();
        });
    }

    // OpenTelemetry itself passes over what it cannot read, and sends to where it would by default.
    private static void Judge(HubBuilder hub, string endpoint)
    {
        if (
            !Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
        )
        {
            hub.AddFault(Endpoint, "must be the URL of a collector, such as http://localhost:4317");
        }

        if (hub.Configuration[Protocol] is { Length: > 0 } protocol && protocol is not ("grpc" or "http/protobuf"))
        {
            hub.AddFault(Protocol, "must be grpc, which is the default, or http/protobuf");
        }
    }

    private static bool IsDisabled(IConfiguration configuration) =>
        string.Equals(configuration[Disabled], "true", StringComparison.OrdinalIgnoreCase);
}
