namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.OperationCompleted"/>, <see cref="EventNames.OperationFailed"/> and
/// <see cref="EventNames.OperationStalled"/>: the result of one of the MDM's requests to Apple. Apple: Event Status.
/// </summary>
public sealed record OperationReport
{
    /// <summary>The ID that Apple returned for the request.</summary>
    public required string EventId { get; init; }

    /// <summary>
    /// The requested action: <c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or
    /// <c>RETIRE</c>; null if unknown.
    /// </summary>
    public string? Kind { get; init; }

    /// <summary>Whether it takes effect only at the end of the billing period.</summary>
    public required bool Deferred { get; init; }

    /// <summary>The client that announced it to the hub; null if only notifications reported it.</summary>
    public string? AnnouncedBy { get; init; }

    /// <summary>When it was announced or, if earlier, first notified, in UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// Seconds from <see cref="StartedAt"/> until the hub knew the result; Apple may have finished minutes earlier.
    /// </summary>
    public required long DurationSeconds { get; init; }

    /// <summary>The source of the result: one of <see cref="OperationSources"/>.</summary>
    public required string Source { get; init; }

    /// <summary>Only if stalled: one of <see cref="StallReasons"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// The number of tasks, such as one per asset and device; null if neither Apple nor the MDM reported it.
    /// </summary>
    public long? Requested { get; init; }

    /// <summary>The number of tasks that are known to be done.</summary>
    public required long Completed { get; init; }

    /// <summary>The number of tasks that are known to have failed.</summary>
    public required long Failed { get; init; }

    /// <summary>The number of notifications about the operation.</summary>
    public required long Notifications { get; init; }

    /// <summary>The failures, one entry for each of Apple's errors.</summary>
    public IReadOnlyList<OperationFailure> Failures { get; init; } = [];

    /// <summary>
    /// The number of items omitted from <see cref="Failures"/> because of its limit; the counts include them.
    /// </summary>
    public long ItemsOmitted { get; init; }
}

/// <summary>The sources of an <see cref="OperationReport"/>.</summary>
public static class OperationSources
{
    /// <summary>Notifications arrived for every announced task.</summary>
    public const string Notifications = "notifications";

    /// <summary>Apple's Event Status.</summary>
    public const string EventStatus = "event-status";
}

/// <summary>The reasons why an operation is stalled.</summary>
public static class StallReasons
{
    /// <summary>
    /// Apple is still processing it, and no notification has arrived for 10 minutes. Apple then advises sending the
    /// request again.
    /// </summary>
    public const string Pending = "pending";

    /// <summary>Apple refuses to report the status. The hub continues to poll.</summary>
    public const string Unanswered = "unanswered";

    /// <summary>Apple does not, or no longer, know the operation (9708); no further event about it follows.</summary>
    public const string Unknown = "unknown";
}

/// <summary>One of Apple's errors and the items that failed with it.</summary>
public sealed record OperationFailure
{
    /// <summary>Apple's number of the error, such as 9709 for "not enough assets"; null if Apple named none.</summary>
    public long? ErrorNumber { get; init; }

    /// <summary>Apple's text, limited to 300 characters. It may name people and devices; rely on the number.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>
    /// The failed items. From notifications, each item is a task. Event Status names assets, users and devices
    /// separately, so each of them is an item.
    /// </summary>
    public required IReadOnlyList<OperationItem> Items { get; init; }
}

/// <summary>A failed asset or subscription, its device or user, or both. Personal data.</summary>
public sealed record OperationItem
{
    /// <summary>The asset or subscription.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; only for an asset.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The device.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The user.</summary>
    public string? ClientUserId { get; init; }
}
