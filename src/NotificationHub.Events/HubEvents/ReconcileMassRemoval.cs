namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.ReconcileMassRemoval"/>: two complete reads agree that many records are gone. An event
/// for each removal follows.
/// </summary>
public sealed record ReconcileMassRemoval
{
    /// <summary>
    /// The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or
    /// <c>subscription-assignment</c>.
    /// </summary>
    public required string Resource { get; init; }

    /// <summary>The number of known records in the scope of the read.</summary>
    public required long Known { get; init; }

    /// <summary>The number of records that are gone.</summary>
    public required long Removed { get; init; }
}
