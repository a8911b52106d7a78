namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.RefetchFailed"/>: what is known of the record may be old.</summary>
public sealed record RefetchFailed
{
    /// <summary>The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignment</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>Which one: <c>adamId/pricingParam</c>, or a subscription's <c>adamId</c>. Absent for a user: the hub's topic names nobody.</summary>
    public string? Key { get; init; }

    /// <summary>How often it was tried.</summary>
    public required long Attempts { get; init; }

    /// <summary>The kind of error with Apple's number or the status, such as <c>Refused 9602</c>, or why the response is malformed; never Apple's text, which may name people.</summary>
    public required string Fault { get; init; }
}
