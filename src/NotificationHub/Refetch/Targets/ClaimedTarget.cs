using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Targets;

/// <summary>A target as it stood when its reading began.</summary>
internal sealed record ClaimedTarget
{
    public required string LocationId { get; init; }

    public required string KindName { get; init; }

    public RecordKind Kind => RecordKind.FromName(KindName);

    public required string Key { get; init; }

    /// <summary>The generation that the read will answer.</summary>
    public required long Requested { get; init; }

    public long Fetched { get; init; }

    /// <summary>For assignments: a JSON array, null for all holders.</summary>
    public string? Holders { get; init; }

    public long MaxWait { get; init; }

    /// <summary>What notifications said of it, in the words of <see cref="TargetExpectations"/>.</summary>
    public string? Expects { get; init; }

    /// <summary>Whether this is the re-read after one that contradicted them.</summary>
    public long Rereads { get; init; }

    public long FirstRequestedAt { get; init; }

    /// <summary>Tries since the last completion, this one not counted.</summary>
    public long Attempts { get; init; }

    /// <summary>When everything under the target was last read; null: never, so that what is new to us need not be new.</summary>
    public long? CompleteReadAt { get; init; }

    /// <summary>The number of the first page of the last, unconfirmed read with a mass removal.</summary>
    public long? DoubtedNumber { get; init; }

    /// <summary>When that read ended.</summary>
    public long? DoubtedAt { get; init; }

    public RemovalDoubt? Doubt => RemovalDoubt.Of(DoubtedNumber, DoubtedAt);

    public string? CorrelationId { get; init; }

    public string? Traceparent { get; init; }
}
