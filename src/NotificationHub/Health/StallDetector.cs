using Microsoft.Extensions.Options;

namespace NotificationHub.Health;

// Finds stages that are stalled: work is pending, and none of it was done for HealthOptions.StallThreshold. Logs once when
// a stage stalls and once when it makes progress again.
internal sealed partial class StallDetector(
    IOptions<HealthOptions> options,
    TimeProvider time,
    ILogger<StallDetector> logger
)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Observation> observations = new(StringComparer.Ordinal);

    public IReadOnlyList<StageStatus> Evaluate(IReadOnlyList<StageStatus> statuses)
    {
        lock (gate)
        {
            return [.. statuses.Select(Evaluate)];
        }
    }

    private StageStatus Evaluate(StageStatus status)
    {
        var now = time.GetUtcNow();
        var before = observations.GetValueOrDefault(status.Stage);
        var unchanged =
            before is { HadBacklog: true }
            && before.Marker == status.ProgressMarker
            && before.LastProgressAt == status.LastProgressAt;
        var first = unchanged
            ? before!
            : new Observation(
                status.ProgressMarker,
                status.LastProgressAt,
                now,
                time.GetTimestamp(),
                HadBacklog: false,
                before?.WasStalled ?? false
            );
        var since = FindLastProgress(status, first.At);
        if (since > now)
        {
            // The clock was set back: only the time that elapsed in this process is certain.
            since = now - time.GetElapsedTime(first.Timestamp);
        }

        var isStalled = status.Backlog > 0 && now - since >= options.Value.StallThreshold;
        if (isStalled && !first.WasStalled)
        {
            Log.Stalled(logger, status.Stage, since, status.Backlog, status.Error ?? "No error is known.");
        }
        else if (!isStalled && first.WasStalled)
        {
            Log.Resumed(logger, status.Stage);
        }

        observations[status.Stage] = first with { HadBacklog = status.Backlog > 0, WasStalled = isStalled };
        return status with
        {
            StalledSince = isStalled ? since : null,
            OldestPendingSeconds = Math.Round(status.OldestAge(now).TotalSeconds, 1),
        };
    }

    // Work that was appended a moment ago has not been pending since the cursor last moved.
    private static DateTimeOffset FindLastProgress(StageStatus status, DateTimeOffset firstSeen)
    {
        var progress = status.ProgressMarker is null ? status.LastProgressAt : firstSeen;
        var oldest = status.OldestPendingAt ?? firstSeen;
        return progress > oldest ? progress.Value : oldest;
    }

    private sealed record Observation(
        string? Marker,
        DateTimeOffset? LastProgressAt,
        DateTimeOffset At,
        long Timestamp,
        bool HadBacklog,
        bool WasStalled
    );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Stage {Stage} has been stalled since {Since:u} with a backlog of {Backlog}. {Error}"
        )]
        public static partial void Stalled(
            ILogger logger,
            string stage,
            DateTimeOffset since,
            long backlog,
            string error
        );

        [LoggerMessage(LogLevel.Information, "Stage {Stage} is making progress again.")]
        public static partial void Resumed(ILogger logger, string stage);
    }
}
