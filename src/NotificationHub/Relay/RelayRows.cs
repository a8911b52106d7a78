using NotificationHub.Locations.RelayTargets;

namespace NotificationHub.Relay;

/// <summary>A target, and what the schedule depends on.</summary>
internal sealed record ScheduledTarget
{
    public required string TargetId { get; init; }

    public required string State { get; init; }

    public required string Url { get; init; }

    public byte[]? Secret { get; init; }

    /// <summary>Why the last attempt failed; null after a success, a start and a resend.</summary>
    public string? Failure { get; init; }

    /// <summary>The <c>pending_since</c> of the first pending delivery; null if none is pending.</summary>
    public DateTimeOffset? PendingSince { get; init; }

    /// <summary>Whether no further notification can arrive: the location was removed more than a day ago, or its data is deleted.</summary>
    public bool IsEnded { get; init; }
}

internal sealed record PendingDelivery
{
    public required long Seq { get; init; }

    /// <summary>The attempts in a row with this failure.</summary>
    public required long Attempts { get; init; }

    public string? Failure { get; init; }

    public long Rejections => Failure == RelayFailure.Rejected.ToWireName() ? Attempts : 0;
}

/// <summary>A notification that a target did not accept, or not in time.</summary>
internal sealed record SetAsideDelivery
{
    public required long Seq { get; init; }

    public string? NotificationId { get; init; }

    public string? Type { get; init; }

    public DateTimeOffset? ReceivedAt { get; init; }

    public required DateTimeOffset SetAsideAt { get; init; }

    public required long Attempts { get; init; }

    public string? Failure { get; init; }

    public int? LastStatus { get; init; }
}

/// <summary>The outcome of a batch of a target, which one transaction stores.</summary>
/// <param name="Delivered">The deliveries that the target accepted, and those without a notification.</param>
/// <param name="Failed">The delivery that failed last; null if none did.</param>
internal sealed record RelayBatch(
    string TargetId,
    IReadOnlyCollection<long> Delivered,
    long? Failed,
    bool IsSetAside,
    RelayResponse? Last
);
