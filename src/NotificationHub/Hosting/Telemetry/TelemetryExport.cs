using NotificationHub.Storage.Tracing;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace NotificationHub.Hosting.Telemetry;

/// <summary>Sends traces and metrics by OTLP while the hub runs, as OpenTelemetry's own settings have it.</summary>
internal sealed class TelemetryExport(IConfiguration configuration, Sampler sampler) : IHostedService, IDisposable
{
    /// <summary>What the hub itself says, and what .NET says of its web server, its HTTP client and its runtime.</summary>
    public static readonly IReadOnlyList<string> Sources =
    [
        HubTraces.SourceName,
        "Microsoft.AspNetCore",
        "System.Net.Http",
    ];

    /// <inheritdoc cref="Sources"/>
    public static readonly IReadOnlyList<string> Meters =
    [
        "NotificationHub",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http",
        "System.Runtime",
    ];

    /// <summary>A collector that does not answer must not hold up the end for longer.</summary>
    private const int FarewellMilliseconds = 5000;

    private TracerProvider? traces;
    private MeterProvider? metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(HubResource.Describe())
            .SetSampler(sampler)
            .AddSource([.. Sources])
            .AddOtlpExporter()
            .Build();
        metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(configuration))
            .SetResourceBuilder(HubResource.Describe())
            .AddMeter([.. Meters])
            .AddOtlpExporter()
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(
            Task.Run(() => traces?.Shutdown(FarewellMilliseconds), CancellationToken.None),
            Task.Run(() => metrics?.Shutdown(FarewellMilliseconds), CancellationToken.None)
        );

    public void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
    }
}
