using NotificationHub.Hosting;

namespace NotificationHub.OperationTracking;

/// <summary>When Apple is asked for an operation. Pure.</summary>
internal static class OperationTiming
{
    /// <summary>After so long a silence a pending operation counts as stalled. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan StalledAfter = TimeSpan.FromMinutes(10);

    /// <summary>Between the moment at which a question is noted and the next one, if nobody lives to note its answer.</summary>
    public static readonly TimeSpan AnswerTime = 2 * OperationProgressBatch.Pause;

    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestPauseWhileDown = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan LongestDeferredPause = TimeSpan.FromDays(1);

    private static readonly Backoff Pauses = new(OperationProgressBatch.Pause, LongestPause);
    private static readonly Backoff DeferredPauses = new(LongestPause, LongestDeferredPause);

    /// <summary>The pause until the next question: doubled with each one that did not end it.</summary>
    /// <param name="polls">Questions before, since it was last heard of.</param>
    /// <param name="deferred">It ends with the billing period, so that there is no hurry.</param>
    public static TimeSpan PauseAfter(long polls, bool deferred) =>
        (deferred ? DeferredPauses : Pauses).PauseAfter(polls);

    /// <summary>The same while Apple answers nobody: what has long ended must not wait for an hour once Apple is back.</summary>
    public static TimeSpan PauseWhileDown(long polls, bool deferred) =>
        PauseAfter(polls, deferred) is var pause && !deferred && pause > LongestPauseWhileDown
            ? LongestPauseWhileDown
            : pause;

    /// <summary>Whether a pending operation has been silent for too long. A deferred one is pending for weeks, as it should be.</summary>
    public static bool IsStalled(Operation operation, long now) =>
        operation is { State: OperationStates.Open, Deferred: false }
        && now - operation.SilentSince >= StalledAfter.TotalMilliseconds;
}
