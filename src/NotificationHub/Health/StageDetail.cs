using NotificationHub.Publishing;

namespace NotificationHub.Health;

/// <summary>How a stage fares, whichever replica runs it.</summary>
internal sealed record StageDetail
{
    public required string Stage { get; init; }

    /// <summary>Who runs it.</summary>
    public required StageHolder Holder { get; init; }

    /// <summary>The <c>seq</c> that it has dealt with last; null for a stage that follows no log.</summary>
    public long? Cursor { get; init; }

    /// <summary>When it last got on, where that is recorded.</summary>
    public DateTimeOffset? MovedAt { get; init; }

    /// <summary>How much waits for it, counted up to 100,000.</summary>
    public required long Behind { get; init; }

    /// <summary>Since when the first of it waits.</summary>
    public DateTimeOffset? OldestWaitingAt { get; init; }

    public required double OldestWaitingSeconds { get; init; }

    /// <summary>How much was tried in vain and is tried again.</summary>
    public required long Failing { get; init; }

    /// <summary>Why, in the case of one of them.</summary>
    public string? Fault { get; init; }

    /// <summary>Since when nothing has moved although work waits; null while it moves.</summary>
    public DateTimeOffset? StalledSince { get; init; }

    public static StageDetail Of(EvaluatedStage stage, StageHolder holder, DateTimeOffset now) =>
        new()
        {
            Stage = stage.Reading.Stage,
            Holder = holder,
            Cursor = stage.Reading.Cursor,
            MovedAt = stage.Reading.MovedAt,
            Behind = stage.Reading.Behind,
            OldestWaitingAt = stage.Reading.OldestAt,
            OldestWaitingSeconds = Math.Round(stage.Reading.OldestAge(now).TotalSeconds, 1),
            Failing = stage.Reading.Failing,
            Fault = stage.Reading.Fault,
            StalledSince = stage.Since,
        };
}

/// <summary>How a topic fares. State and reason are known to the replica that publishes it: see the holder.</summary>
internal sealed record TopicDetail
{
    public required string Topic { get; init; }

    /// <summary>Who publishes it.</summary>
    public required StageHolder Holder { get; init; }

    /// <summary><c>standby</c> where this replica does not publish it.</summary>
    public required TopicState State { get; init; }

    /// <summary>Why it does not publish.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when it has been in this state.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the bus last took something from this replica.</summary>
    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>The <c>seq</c> of the event that it has dealt with last.</summary>
    public long? Cursor { get; init; }

    public DateTimeOffset? MovedAt { get; init; }

    /// <summary>How many events wait, counted up to 100,000.</summary>
    public required long Unsent { get; init; }

    public DateTimeOffset? OldestUnsentAt { get; init; }

    public required double OldestUnsentSeconds { get; init; }

    /// <summary>Since when nothing was sent although events wait; null while something is.</summary>
    public DateTimeOffset? StalledSince { get; init; }

    public static TopicDetail Of(TopicStatus status, EvaluatedStage stage, StageHolder holder, DateTimeOffset now) =>
        new()
        {
            Topic = status.Topic,
            Holder = holder,
            State = status.State,
            Reason = status.Reason,
            Since = status.Since,
            LastSentAt = status.LastSentAt,
            Cursor = stage.Reading.Cursor,
            MovedAt = stage.Reading.MovedAt,
            Unsent = stage.Reading.Behind,
            OldestUnsentAt = stage.Reading.OldestAt,
            OldestUnsentSeconds = Math.Round(stage.Reading.OldestAge(now).TotalSeconds, 1),
            StalledSince = stage.Since,
        };
}
