using System.Diagnostics.Metrics;
using NotificationHub.Hosting;
using NotificationHub.Telemetry;

namespace NotificationHub.Health;

/// <summary>Looks at all stages time and again, on every replica: who watches must not be the one who stands still.</summary>
internal sealed class StageMonitor : PeriodicWorker
{
    private readonly StageReader reader;
    private readonly StallDetector standstills;
    private volatile IReadOnlyList<EvaluatedStage> latest = [];

    public StageMonitor(
        StageReader reader,
        StallDetector standstills,
        IMeterFactory meters,
        TimeProvider time,
        ILogger<StageMonitor> logger
    )
        : base("read the status of the stages", TimeSpan.FromSeconds(15), time, logger)
    {
        this.reader = reader;
        this.standstills = standstills;
        var meter = meters.CreateHubMeter();
        meter.CreateObservableGauge(
            "notificationhub.stage.oldest_pending_age",
            () => Observe(stage => stage.Reading.OldestAge(time.GetUtcNow()).TotalSeconds),
            "s",
            "Age of the oldest of what waits for a stage."
        );
        meter.CreateObservableGauge(
            "notificationhub.stage.stalled",
            () => Observe(stage => stage.Since is null ? 0 : 1),
            "{stage}",
            "1 while work waits for a stage and nothing has moved for Health:StallThreshold, 0 otherwise."
        );
    }

    protected override bool RunsAtStart => true;

    protected override async Task RunAsync(CancellationToken cancellationToken) =>
        latest = standstills.Judge(await reader.ReadAsync(cancellationToken));

    private IEnumerable<Measurement<T>> Observe<T>(Func<EvaluatedStage, T> measure)
        where T : struct =>
        latest.Select(stage => new Measurement<T>(
            measure(stage),
            KeyValuePair.Create<string, object?>("stage", stage.Reading.Stage)
        ));
}
