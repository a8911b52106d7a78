using NotificationHub.Hosting;

namespace NotificationHub.Publishing;

/// <summary>
/// Keeps a topic's backoff and its status together: what stops it, what it waits for, and how it is seen from outside.
/// </summary>
internal sealed partial class TopicStatusTracker(
    string topic,
    TopicStatuses statuses,
    PublishingMetrics metrics,
    Random random,
    TimeProvider time,
    ILogger<TopicPublisher> logger
)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

    private int failures;
    private long waitsSince;
    private TimeSpan wait;

    public string Topic => topic;

    /// <summary>What is left of the pause before the next try.</summary>
    public TimeSpan WaitLeft => wait - time.GetElapsedTime(waitsSince) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>The broker has accepted something: whatever was wrong before is over.</summary>
    public void Sent(int events)
    {
        metrics.Sent(topic, events);
        Publishing();
        statuses.Update(topic, status => status with { LastSentAt = time.GetUtcNow() });
    }

    /// <summary>They were sent for the first time; a dead letter that is sent again says nothing of the topic's delay.</summary>
    public void Delivered(IEnumerable<OutgoingMessage> batch) =>
        metrics.Delivered(topic, batch.Select(message => message.Entry), time);

    /// <summary>Nothing stands in the way.</summary>
    public void Publishing()
    {
        EndWait();
        var before = statuses[topic].State;
        Enter(TopicState.Publishing, reason: null);
        if (before is TopicState.Stopped or TopicState.Waiting)
        {
            Log.Resumed(logger, topic);
        }
    }

    public void Stopped(string reason, TimeSpan? retryAfter)
    {
        BeginWait(retryAfter);
        if (Enter(TopicState.Stopped, reason))
        {
            Log.Stopped(logger, topic, reason);
        }
    }

    public void Waiting(string reason)
    {
        BeginWait(retryAfter: null);
        Enter(TopicState.Waiting, reason);
    }

    public void StandBy()
    {
        EndWait();
        Enter(TopicState.Standby, reason: null);
        Measured(unsent: 0, oldest: null);
    }

    public void DeadLettered() => metrics.DeadLettered(topic, 1);

    public void Measured(long unsent, DateTimeOffset? oldest)
    {
        statuses.Update(topic, status => status with { Unsent = unsent, OldestUnsentAt = oldest });
        metrics.Measured(statuses[topic], time);
    }

    /// <summary>Waits for as long as Service Bus asks for, or else with full jitter.</summary>
    private void BeginWait(TimeSpan? retryAfter)
    {
        var delay = Backoff.PauseAfter(failures++, least: 0, most: 1, random);
        (waitsSince, wait) = (time.GetTimestamp(), retryAfter ?? delay);
    }

    private void EndWait() => (failures, wait) = (0, TimeSpan.Zero);

    /// <returns>Whether this is news.</returns>
    private bool Enter(TopicState state, string? reason)
    {
        var before = statuses[topic];
        if (before.State == state && before.Reason == reason)
        {
            return false;
        }

        var since = before.State == state ? before.Since : time.GetUtcNow();
        statuses.Update(topic, status => status with { State = state, Reason = reason, Since = since });
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The topic {Topic} stands still and is tried again: {Reason}")]
        public static partial void Stopped(ILogger logger, string topic, string reason);

        [LoggerMessage(LogLevel.Information, "The topic {Topic} publishes again.")]
        public static partial void Resumed(ILogger logger, string topic);
    }
}
