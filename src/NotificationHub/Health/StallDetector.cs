using Microsoft.Extensions.Options;

namespace NotificationHub.Health;

/// <param name="Reading">How far the stage is.</param>
/// <param name="Since">Since when it stands still; null where it does not.</param>
internal sealed record EvaluatedStage(StageReading Reading, DateTimeOffset? Since);

/// <summary>
/// Sees stages stand still: work waits, and none of it was dealt with for <see cref="HealthOptions.StallThreshold"/>. Says so once,
/// and once when it is over.
/// </summary>
internal sealed partial class StallDetector(
    IOptions<HealthOptions> options,
    TimeProvider time,
    ILogger<StallDetector> logger
)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Seen> seen = new(StringComparer.Ordinal);

    public IReadOnlyList<EvaluatedStage> Judge(IReadOnlyList<StageReading> readings)
    {
        lock (gate)
        {
            return [.. readings.Select(Judge)];
        }
    }

    private EvaluatedStage Judge(StageReading reading)
    {
        var now = time.GetUtcNow();
        var before = seen.GetValueOrDefault(reading.Stage);
        var first =
            before is null || before.Progress != reading.Progress || before.MovedAt != reading.MovedAt || !before.Waited
                ? new Seen(
                    reading.Progress,
                    reading.MovedAt,
                    now,
                    time.GetTimestamp(),
                    reading.Behind > 0,
                    before?.Told ?? false
                )
                : before;
        var since = SinceWhen(reading, first.At);
        if (since > now)
        {
            // The clock was set back: only the time that elapsed here is certain.
            since = now - time.GetElapsedTime(first.Timestamp);
        }

        var standsStill = reading.Behind > 0 && now - since >= options.Value.StallThreshold;
        if (standsStill && !first.Told)
        {
            Log.StandsStill(logger, reading.Stage, since, reading.Behind, reading.Fault ?? "No fault is known.");
        }
        else if (!standsStill && first.Told)
        {
            Log.MovesAgain(logger, reading.Stage);
        }

        seen[reading.Stage] = first with { Waited = reading.Behind > 0, Told = standsStill };
        return new EvaluatedStage(reading, standsStill ? since : null);
    }

    // What was appended a moment ago has not waited since the cursor moved last.
    private static DateTimeOffset SinceWhen(StageReading reading, DateTimeOffset firstSeen)
    {
        var moved = reading.Progress is null ? reading.MovedAt : firstSeen;
        var oldest = reading.OldestAt ?? firstSeen;
        return moved > oldest ? moved.Value : oldest;
    }

    /// <param name="Progress">What the stage showed.</param>
    /// <param name="MovedAt">When its cursor had last moved.</param>
    /// <param name="At">When it showed that first.</param>
    /// <param name="Timestamp">The same, by a clock that is never set.</param>
    /// <param name="Waited">Whether work waited for it.</param>
    /// <param name="Told">Whether the log says that it stands still.</param>
    private sealed record Seen(
        string? Progress,
        DateTimeOffset? MovedAt,
        DateTimeOffset At,
        long Timestamp,
        bool Waited,
        bool Told
    );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The stage {Stage} stands still since {Since:u}: {Behind} wait and nothing has moved. {Fault}"
        )]
        public static partial void StandsStill(
            ILogger logger,
            string stage,
            DateTimeOffset since,
            long behind,
            string fault
        );

        [LoggerMessage(LogLevel.Information, "The stage {Stage} stands still no more.")]
        public static partial void MovesAgain(ILogger logger, string stage);
    }
}
