using System.Data.Common;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.WebConsole;

/// <summary>The newest row of a log; null if the log is empty.</summary>
internal sealed record LogHead(long Seq, DateTimeOffset At);

/// <param name="Processed">The rows that the stage has processed since the previous sample; null if unknown.</param>
internal sealed record StageSample(StageStatus Status, long? Processed);

/// <param name="Received">The notifications since the previous sample; null for the first sample.</param>
internal sealed record FlowSample(
    DateTimeOffset At,
    LogHead? Notifications,
    LogHead? Events,
    long? Received,
    IReadOnlyDictionary<string, StageSample> Stages
);

// In memory: the database keeps no history of its stages, and metrics are for long periods. Each replica has its own samples, of the
// whole hub.
/// <summary>Samples the stages once a minute, for the charts and rates of the last hours.</summary>
internal sealed class FlowHistory(
    StageStatusReader stages,
    Database database,
    TimeProvider time,
    ILogger<FlowHistory> logger
) : PeriodicWorker("sample the stages for the console", Interval, time, logger, runsAtStart: true)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private const int MaxSamples = 360;
    private const int RateSamples = 5;

    private volatile IReadOnlyList<FlowSample> samples = [];

    /// <summary>At most six hours, oldest first.</summary>
    public IReadOnlyList<FlowSample> Samples => samples;

    /// <summary>Notifications received per minute in the last minutes; null without samples.</summary>
    public double? IntakeRate => RateOf(sample => sample.Received);

    /// <summary>Rows processed per minute in the last minutes; null without samples.</summary>
    public double? RateOf(string stage) => RateOf(sample => sample.Stages.GetValueOrDefault(stage)?.Processed);

    public static async Task<(LogHead? Notifications, LogHead? Events)> ReadHeadsAsync(DbConnection connection) =>
        (
            (
                await connection.ListAsync<LogHead>(
                    $"select seq, received_at At from notification_log order by seq desc {connection.Limit("1")}"
                )
            ).SingleOrDefault(),
            (
                await connection.ListAsync<LogHead>(
                    $"select seq, created_at At from event_log order by seq desc {connection.Limit("1")}"
                )
            ).SingleOrDefault()
        );

    public async Task SampleAsync(CancellationToken cancellationToken)
    {
        var statuses = await stages.ReadAsync(cancellationToken);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var (notifications, events) = await ReadHeadsAsync(connection);
        var previous = samples is [.., var last] ? last : null;
        var sampled = new Dictionary<string, StageSample>(StringComparer.Ordinal);
        foreach (var status in statuses)
        {
            // A stage without a cursor has not begun.
            long? before = previous is null
                ? null
                : previous.Stages.GetValueOrDefault(status.Stage)?.Status.Cursor ?? 0;
            sampled[status.Stage] = new StageSample(status, await CountAsync(connection, status, before));
        }

        var received = previous is null ? null : notifications?.Seq - (previous.Notifications?.Seq ?? 0);
        var sample = new FlowSample(Time.GetUtcNow(), notifications, events, received, sampled);
        samples = [.. samples.TakeLast(MaxSamples - 1), sample];
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => SampleAsync(cancellationToken);

    private static async Task<long?> CountAsync(DbConnection connection, StageStatus status, long? before)
    {
        if (before is null || status.Cursor is not { } cursor)
        {
            return null;
        }

        return status is TopicStageStatus { Topic: var topic }
            ? await TopicLog.CountAsync(connection, topic, before.Value, cursor)
            : cursor - before;
    }

    private double? RateOf(Func<FlowSample, long?> count)
    {
        long[] counts = [.. samples.TakeLast(RateSamples).Select(count).OfType<long>()];
        return counts.Length == 0 ? null : counts.Sum() / (counts.Length * Interval.TotalMinutes);
    }
}
