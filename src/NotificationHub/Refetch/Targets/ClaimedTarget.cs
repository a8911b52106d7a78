using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Targets;

internal sealed record ClaimedTarget
{
    public required string LocationId { get; init; }

    public required string KindName { get; init; }

    public RecordKind Kind => RecordKind.FromName(KindName);

    public required string Key { get; init; }

    public required long Requested { get; init; }

    public long Fetched { get; init; }

    /// <summary>For assignments: a JSON array, null for all holders.</summary>
    public string? Holders { get; init; }

    public TimeSpan MaxWait { get; init; }

    public string? Expects { get; init; }

    /// <summary>One for the second read after a stale one.</summary>
    public long Rereads { get; init; }

    public DateTimeOffset FirstRequestedAt { get; init; }

    public long Attempts { get; init; }

    /// <summary>When all records of the target were last read; null if never.</summary>
    public DateTimeOffset? CompleteReadAt { get; init; }

    /// <summary>The first read number of the last, unconfirmed read with a mass removal.</summary>
    public long? DoubtedNumber { get; init; }

    public DateTimeOffset? DoubtedAt { get; init; }

    public RemovalDoubt? Doubt => RemovalDoubt.Create(DoubtedNumber, DoubtedAt);

    public string? CorrelationId { get; init; }

    public string? Traceparent { get; init; }
}
