using System.Diagnostics;
using Azure.Monitor.OpenTelemetry.Exporter;
using NotificationHub.Apple;
using NotificationHub.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NotificationHub.Telemetry;

/// <summary>Exports metrics, traces and logs by OTLP, to Azure Monitor, or both. Without a destination, nothing leaves the process.</summary>
internal static class TelemetrySetup
{
    public static readonly IReadOnlyList<string> Sources =
    [
        HubTraces.SourceName,
        AppleTelemetry.ActivitySourceName,
        "Microsoft.AspNetCore",
        "System.Net.Http",
    ];

    public static readonly IReadOnlyList<string> Meters =
    [
        HubMeter.Name,
        AppleTelemetry.MeterName,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http",
        "System.Runtime",
    ];

    private const string Disabled = "OTEL_SDK_DISABLED";

    public static void AddTelemetry(this HubBuilder hub)
    {
        hub.AddLibrarySettings(AzureMonitorExport.Settings);
        hub.Services.AddSingleton<DistributedContextPropagator, IgnoreInboundTraceContext>();
        var byOtlp = OtlpExport.IsSet(hub.Configuration);
        var toAzureMonitor = AzureMonitorExport.IsSet(hub.Configuration);
        if ((!byOtlp && !toAzureMonitor) || IsDisabled(hub.Configuration))
        {
            return;
        }

        hub.Services.AddSingleton<IStartupFilter, RequestTraces>();
        var telemetry = hub
            .Services.AddOpenTelemetry()
            .ConfigureResource(HubResource.Describe)
            .WithTracing(traces => traces.AddSource([.. Sources]))
            .WithMetrics(metrics => metrics.AddMeter([.. Meters]))
            .WithLogging(configureBuilder: null, log => log.IncludeFormattedMessage = true);
        if (byOtlp)
        {
            OtlpExport.Validate(hub);
            telemetry
                .WithTracing(traces => traces.AddOtlpExporter())
                .WithMetrics(metrics => metrics.AddOtlpExporter())
                .WithLogging(log => log.AddOtlpExporter());
        }

        if (toAzureMonitor)
        {
            AzureMonitorExport.Validate(hub);
            telemetry
                .WithTracing(traces => traces.AddAzureMonitorTraceExporter())
                .WithMetrics(metrics => metrics.AddAzureMonitorMetricExporter())
                .WithLogging(log => log.AddAzureMonitorLogExporter());
            hub.AddAzureMonitorOptions();
        }

        // Last, because Azure Monitor's exporter sets its own sampler.
        var sampler = SamplerSetting.Read(hub.Configuration, hub.AddError);
        telemetry.WithTracing(traces => traces.SetSampler(sampler));
    }

    private static bool IsDisabled(IConfiguration configuration) =>
        string.Equals(configuration[Disabled], "true", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Identifies the hub in all telemetry; <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> take precedence.</summary>
internal static class HubResource
{
    private const string ServiceName = "notificationhub";

    public static void Describe(ResourceBuilder resource) =>
        resource
            .Clear()
            .AddService(
                ServiceName,
                serviceVersion: typeof(HubResource).Assembly.GetName().Version?.ToString(3),
                autoGenerateServiceInstanceId: false,
                // As /health/detail names a replica.
                serviceInstanceId: $"{Environment.MachineName}:{Environment.ProcessId}"
            )
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
}

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
