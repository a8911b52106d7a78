using NotificationHub.Hosting;

namespace NotificationHub.Telemetry;

/// <summary>The settings of the OTLP exporter that the hub checks: the exporter replaces an invalid value by its default.</summary>
internal static class OtlpExport
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    public static bool IsSet(IConfiguration configuration) => configuration[Endpoint] is { Length: > 0 };

    public static void Validate(HubBuilder hub)
    {
        if (
            !Uri.TryCreate(hub.Configuration[Endpoint], UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
        )
        {
            hub.AddError(Endpoint, "must be the URL of a collector, such as http://localhost:4317");
        }

        if (hub.Configuration[Protocol] is { Length: > 0 } protocol && protocol is not ("grpc" or "http/protobuf"))
        {
            hub.AddError(Protocol, "must be grpc (the default) or http/protobuf");
        }
    }
}
