namespace NotificationHub.Publishing;

/// <summary>
/// Keeps a topic's backoff and its status together: what stops it, what it waits for, and how it is seen from outside.
/// </summary>
internal sealed partial class TopicHealth(
    string topic,
    TopicStatuses statuses,
    PublishBackoff backoff,
    TimeProvider time,
    ILogger<TopicPublisher> logger
)
{
    public string Topic => topic;

    public TimeSpan WaitLeft => backoff.Left;

    /// <summary>The broker has accepted something: whatever was wrong before is over.</summary>
    public void Sent(int events)
    {
        PublishingMetrics.Sent(topic, events);
        Publishing();
        statuses.Update(topic, status => status with { LastSentAt = time.GetUtcNow() });
    }

    /// <summary>They were sent for the first time; a dead letter that is sent again says nothing of the topic's delay.</summary>
    public void Delivered(IEnumerable<OutgoingMessage> batch) =>
        PublishingMetrics.Delivered(topic, batch.Select(message => message.Entry), time);

    /// <summary>Nothing stands in the way.</summary>
    public void Publishing()
    {
        backoff.Reset();
        var before = statuses[topic].State;
        Enter(TopicState.Publishing, reason: null);
        if (before is TopicState.Stopped or TopicState.Waiting)
        {
            Log.Resumed(logger, topic);
        }
    }

    public void Stopped(string reason, TimeSpan? retryAfter)
    {
        backoff.Start(retryAfter);
        if (Enter(TopicState.Stopped, reason))
        {
            Log.Stopped(logger, topic, reason);
        }
    }

    public void Waiting(string reason)
    {
        backoff.Start(retryAfter: null);
        Enter(TopicState.Waiting, reason);
    }

    public void StandBy()
    {
        backoff.Reset();
        Enter(TopicState.Standby, reason: null);
        Measured(unsent: 0, oldest: null);
    }

    public void Measured(long unsent, DateTimeOffset? oldest)
    {
        statuses.Update(topic, status => status with { Unsent = unsent, OldestUnsentAt = oldest });
        PublishingMetrics.Measured(statuses[topic], time);
    }

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
