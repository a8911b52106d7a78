using System.Diagnostics.Metrics;
using NotificationHub.Hosting.Health.Stages;

namespace NotificationHub.Hosting.Health;

/// <summary>Looks at all stages time and again, on every replica: who watches must not be the one who stands still.</summary>
internal sealed partial class StageWatch : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly StageReader reader;
    private readonly Standstills standstills;
    private readonly TimeProvider time;
    private readonly ILogger<StageWatch> logger;
    private readonly Meter meter = new("NotificationHub");
    private volatile IReadOnlyList<JudgedStage> latest = [];

    public StageWatch(StageReader reader, Standstills standstills, TimeProvider time, ILogger<StageWatch> logger)
    {
        this.reader = reader;
        this.standstills = standstills;
        this.time = time;
        this.logger = logger;
        meter.CreateObservableGauge(
            "notificationhub.stage.oldest_waiting_age",
            () => Observe(stage => stage.Reading.OldestAge(time.GetUtcNow()).TotalSeconds),
            "s",
            "Age of the oldest of what waits for a stage."
        );
        meter.CreateObservableGauge(
            "notificationhub.stage.standing_still",
            () => Observe(stage => stage.Since is null ? 0 : 1),
            "{stage}",
            "1 while work waits for a stage and nothing has moved for Health:StandstillAfter, 0 otherwise."
        );
    }

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                latest = standstills.Judge(await reader.ReadAsync(stoppingToken));
            }
#pragma warning disable CA1031 // Whatever it was, it is looked again; that the database cannot be read is told elsewhere.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.NotSeen(logger, exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private IEnumerable<Measurement<T>> Observe<T>(Func<JudgedStage, T> measure)
        where T : struct =>
        latest.Select(stage => new Measurement<T>(
            measure(stage),
            KeyValuePair.Create<string, object?>("stage", stage.Reading.Stage)
        ));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "How far the stages are cannot be looked up now.")]
        public static partial void NotSeen(ILogger logger, Exception exception);
    }
}
