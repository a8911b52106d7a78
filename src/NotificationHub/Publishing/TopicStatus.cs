using System.Collections.Concurrent;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

internal enum TopicState
{
    /// <summary>No bus is configured, or another replica publishes this topic.</summary>
    Standby,

    Publishing,

    /// <summary>The last event in the log was refused; whether the fault is its own shows once there is a later one.</summary>
    Waiting,

    /// <summary>The topic takes nothing; it is tried again.</summary>
    Stopped,
}

/// <summary>How a topic fares on this replica.</summary>
internal sealed record TopicStatus(string Topic)
{
    public TopicState State { get; init; }

    /// <summary>Why it does not publish.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when it has been in this state.</summary>
    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>How many events wait, counted up to a bound and a few seconds old.</summary>
    public long Unsent { get; init; }

    public DateTimeOffset? OldestUnsentAt { get; init; }

    public TimeSpan OldestUnsentAge(TimeProvider time) =>
        OldestUnsentAt is { } at && time.GetUtcNow() > at ? time.GetUtcNow() - at : TimeSpan.Zero;
}

/// <summary>The states of all topics, for whoever reports them.</summary>
internal sealed class TopicStatuses
{
    private readonly ConcurrentDictionary<string, TopicStatus> statuses = new(
        TopicMap.Topics.Select(topic => KeyValuePair.Create(topic, new TopicStatus(topic))),
        StringComparer.Ordinal
    );

    public IReadOnlyList<TopicStatus> All =>
        [.. statuses.Values.OrderBy(status => status.Topic, StringComparer.Ordinal)];

    public TopicStatus this[string topic] => statuses[topic];

    public void Update(string topic, Func<TopicStatus, TopicStatus> change) =>
        statuses.AddOrUpdate(topic, name => change(new TopicStatus(name)), (_, status) => change(status));
}
