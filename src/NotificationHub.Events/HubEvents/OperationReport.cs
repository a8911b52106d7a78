namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.OperationCompleted"/>, <see cref="EventNames.OperationFailed"/> and
/// <see cref="EventNames.OperationStalled"/>: how one of the MDM's requests to Apple went. Apple: Event Status.
/// </summary>
public sealed record OperationReport
{
    /// <summary>The id that Apple gave to the request.</summary>
    public required string EventId { get; init; }

    /// <summary>What was asked for: <c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>; null where nobody has said.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether it takes effect at the end of the billing period only.</summary>
    public required bool Deferred { get; init; }

    /// <summary>Who announced it to the hub; null where it is known from notifications alone.</summary>
    public string? AnnouncedBy { get; init; }

    /// <summary>When it was announced or, if that was earlier, first heard of, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The seconds from then until the hub knew what is told here: Apple may have been done minutes before.</summary>
    public required long DurationSeconds { get; init; }

    /// <summary>What this is known from: one of <see cref="OperationSources"/>.</summary>
    public required string Source { get; init; }

    /// <summary>Of a stalled one: one of <see cref="StallReasons"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>How many tasks there are, such as each asset for each device; null where neither Apple nor the MDM has said.</summary>
    public long? Requested { get; init; }

    /// <summary>How many of them are done, so far as is known.</summary>
    public required long Completed { get; init; }

    /// <summary>How many of them failed, so far as is known.</summary>
    public required long Failed { get; init; }

    /// <summary>How many notifications came of it.</summary>
    public required long Notifications { get; init; }

    /// <summary>What failed, an entry for each of Apple's errors.</summary>
    public IReadOnlyList<OperationFailure> Failures { get; init; } = [];

    /// <summary>How many items <see cref="Failures"/> leaves out, for there were too many; the counts include them.</summary>
    public long ItemsOmitted { get; init; }
}

/// <summary>What an <see cref="OperationReport"/> is known from.</summary>
public static class OperationSources
{
    /// <summary>Notifications came for every task that was announced.</summary>
    public const string Notifications = "notifications";

    /// <summary>Apple's Event Status.</summary>
    public const string EventStatus = "event-status";
}

/// <summary>Why an operation counts as stalled.</summary>
public static class StallReasons
{
    /// <summary>Apple is still at it, long after the last sign of it. Apple advises to send the request again after 10 minutes.</summary>
    public const string Pending = "pending";

    /// <summary>Apple does not answer how far it is. The hub keeps asking.</summary>
    public const string Unanswered = "unanswered";

    /// <summary>Apple does not know it, or does not know it any more (9708): nothing more will be told of it.</summary>
    public const string Unknown = "unknown";
}

/// <summary>One of Apple's errors, and what failed of it.</summary>
public sealed record OperationFailure
{
    /// <summary>Apple's number of the error, such as 9709 for "not enough assets"; null where Apple named none.</summary>
    public long? ErrorNumber { get; init; }

    /// <summary>Apple's wording, cut at 300 characters. It may name people and devices; decide by the number.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>What failed. From notifications, each is a task. Event Status names assets, users and devices apart: then each of them is an item.</summary>
    public required IReadOnlyList<OperationItem> Items { get; init; }
}

/// <summary>What failed: an asset or subscription, whom it was for, or both. Personal data.</summary>
public sealed record OperationItem
{
    /// <summary>The asset or subscription.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>, of an asset.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user.</summary>
    public string? ClientUserId { get; init; }
}
