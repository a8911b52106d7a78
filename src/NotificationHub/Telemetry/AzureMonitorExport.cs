using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using NotificationHub.Hosting;

namespace NotificationHub.Telemetry;

/// <summary>The settings of the Azure Monitor exporter. No message repeats a value: the connection string permits sending.</summary>
internal static class AzureMonitorExport
{
    public const string ConnectionString = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    public const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";

    /// <summary>The exporter reads these from the environment and nowhere else.</summary>
    public static readonly IReadOnlyList<string> EnvironmentVariables =
    [
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED",
        "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
        "APPLICATIONINSIGHTS_SDKSTATS_DISABLED_ALL",
    ];

    public static readonly IReadOnlyList<string> Settings = [ConnectionString, Authentication, .. EnvironmentVariables];

    private const string EntraId = "Authorization=AAD";

    public static bool IsSet(IConfiguration configuration) => configuration[ConnectionString] is { Length: > 0 };

    public static void Validate(HubBuilder hub)
    {
        if (!IsUsable(hub.Configuration[ConnectionString]!))
        {
            hub.AddError(
                ConnectionString,
                "must be the connection string of an Application Insights resource: InstrumentationKey=GUID;IngestionEndpoint=https://…"
            );
        }

        if (hub.Configuration[Authentication] is { Length: > 0 } text && !IsEntraId(text))
        {
            hub.AddError(
                Authentication,
                $"must be {EntraId}, or empty to send without a token; AZURE_CLIENT_ID selects a managed identity"
            );
        }

        foreach (var name in EnvironmentVariables)
        {
            if (hub.Configuration[name] is { } value && value != Environment.GetEnvironmentVariable(name))
            {
                hub.AddError(name, "has no effect here: set it as an environment variable");
            }
        }
    }

    public static void AddAzureMonitorOptions(this HubBuilder hub) =>
        hub
            .Services.AddOptions<AzureMonitorExporterOptions>()
            .Configure<IServiceProvider>(
                (options, services) =>
                {
                    options.ConnectionString = hub.Configuration[ConnectionString];
                    options.Credential = IsEntraId(hub.Configuration[Authentication])
                        ? services.GetRequiredService<TokenCredential>()
                        : null;
                    // No file of telemetry remains after a replica is gone; a failed export is lost.
                    options.DisableOfflineStorage = true;
                    // The log is complete, whatever share of traces is sampled.
                    options.EnableTraceBasedLogsSampler = false;
                    // The meters of .NET measure the same.
                    options.EnableStandardMetrics = false;
                    options.EnablePerformanceCounters = false;
                }
            );

    private static bool IsEntraId(string? text) => string.Equals(text, EntraId, StringComparison.OrdinalIgnoreCase);

    private static bool IsUsable(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in (text.EndsWith(';') ? text[..^1] : text).Split(';'))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == part.Length - 1 || !parts.TryAdd(part[..at], part[(at + 1)..]))
            {
                return false;
            }
        }

        return Guid.TryParse(parts.GetValueOrDefault("InstrumentationKey"), out _)
            && (!parts.TryGetValue("IngestionEndpoint", out var endpoint) || IsProtected(endpoint));
    }

    private static bool IsProtected(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
