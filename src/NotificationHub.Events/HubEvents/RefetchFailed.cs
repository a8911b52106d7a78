namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.RefetchFailed"/>: the hub's copy of a record may be out of date.</summary>
public sealed record RefetchFailed
{
    /// <summary>
    /// The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or
    /// <c>subscription-assignment</c>.
    /// </summary>
    public required string Resource { get; init; }

    /// <summary>
    /// The key: <c>adamId/pricingParam</c>, or a subscription's <c>adamId</c>. Absent for a user, because the topic
    /// names no users.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>The number of attempts.</summary>
    public required long Attempts { get; init; }

    /// <summary>
    /// The kind of error with Apple's number or the status, such as <c>InvalidArgument 9602</c>, or why the response is
    /// malformed. Never Apple's text, which may name people.
    /// </summary>
    public required string Fault { get; init; }
}
