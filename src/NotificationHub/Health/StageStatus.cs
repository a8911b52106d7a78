using System.Data.Common;
using System.Text.Json.Serialization;

namespace NotificationHub.Health;

/// <summary>Reports the progress of a stage, whichever replica runs it: every replica reads the same from the database.</summary>
internal interface IStageStatus
{
    /// <summary>One status for each part of the stage; none if the stage is disabled.</summary>
    Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken);
}

internal sealed record StageStatusQuery(DbConnection Connection, DateTimeOffset Now, TimeSpan StallThreshold)
{
    /// <summary>Backlogs are counted up to this number.</summary>
    public const int MaxBacklog = 100_000;

    /// <summary>The time before which pending work may be stalled.</summary>
    public DateTimeOffset StalledBefore => Now - StallThreshold;
}

internal record StageStatus(string Stage)
{
    public StageHolder? Holder { get; init; }

    /// <summary>The <c>seq</c> up to which the stage has processed its log; null if it follows no log or has not begun.</summary>
    public long? Cursor { get; init; }

    /// <summary>Null if the time is not recorded.</summary>
    public DateTimeOffset? LastProgressAt { get; init; }

    /// <summary>The pending work that could be done now, counted up to 100,000.</summary>
    public long Backlog { get; init; }

    public DateTimeOffset? OldestPendingAt { get; init; }

    public double OldestPendingSeconds { get; init; }

    /// <summary>The failed work that is being retried.</summary>
    public long Retrying { get; init; }

    /// <summary>An example of why work fails.</summary>
    public string? Error { get; init; }

    /// <summary>Null while the stage makes progress.</summary>
    public DateTimeOffset? StalledSince { get; init; }

    /// <summary>Changes with each step; used if the time of the last progress is not recorded.</summary>
    [JsonIgnore]
    public string? ProgressMarker { get; init; }

    [JsonIgnore]
    public IReadOnlyList<string> Leases { get; init; } = [Stage];

    public TimeSpan OldestAge(DateTimeOffset now) => OldestPendingAt is { } at && now > at ? now - at : TimeSpan.Zero;
}

/// <summary>A publisher's status. Only the replica that holds the topic's lease knows the state and its reason.</summary>
internal sealed record TopicStageStatus(string Stage, string Topic) : StageStatus(Stage)
{
    public TopicState State { get; init; }

    /// <summary>Why the topic does not publish.</summary>
    public string? Reason { get; init; }

    /// <summary>When the topic entered its state.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the topic last accepted an event from this replica.</summary>
    public DateTimeOffset? LastSentAt { get; init; }
}

internal enum TopicState
{
    /// <summary>Service Bus is not configured, or another replica publishes this topic.</summary>
    Standby,

    Publishing,

    /// <summary>The last event in the log was rejected; only a later event can show whether that event is the cause.</summary>
    Waiting,

    /// <summary>The topic accepts nothing; the publisher retries.</summary>
    Stopped,
}
