using System.Globalization;
using OpenTelemetry.Resources;

namespace NotificationHub.Telemetry;

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
                serviceInstanceId: string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Environment.MachineName}:{Environment.ProcessId}"
                )
            )
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
}
