using System.Diagnostics.Metrics;
using NotificationHub.Hosting;
using NotificationHub.Telemetry;

namespace NotificationHub.Health;

/// <summary>Detects stalled stages on every replica: the replica that runs a stage may be the one that hangs.</summary>
internal sealed class StageMonitor : PeriodicWorker
{
    private readonly StageStatusReader reader;
    private volatile IReadOnlyList<StageStatus> latest = [];

    public StageMonitor(StageStatusReader reader, IMeterFactory meters, TimeProvider time, ILogger<StageMonitor> logger)
        : base("read the status of the stages", TimeSpan.FromSeconds(15), time, logger, runsAtStart: true)
    {
        this.reader = reader;
        var meter = meters.CreateHubMeter();
        meter.CreateObservableGauge(
            "notificationhub.stage.oldest_pending_age",
            () => Observe(stage => stage.OldestAge(time.GetUtcNow()).TotalSeconds),
            "s",
            "Age of the oldest pending work, by stage."
        );
        meter.CreateObservableGauge(
            "notificationhub.stage.stalled",
            () => Observe(stage => stage.StalledSince is null ? 0 : 1),
            "{stage}",
            "1 while a stage has pending work but has made no progress for Health:StallThreshold, otherwise 0."
        );
    }

    protected override async Task RunAsync(CancellationToken cancellationToken) =>
        latest = await reader.ReadAsync(cancellationToken);

    private IEnumerable<Measurement<T>> Observe<T>(Func<StageStatus, T> measure)
        where T : struct =>
        latest.Select(stage => new Measurement<T>(
            measure(stage),
            KeyValuePair.Create<string, object?>("stage", stage.Stage)
        ));
}
