namespace NotificationHub.Events;

/// <summary>
/// Data of <see cref="EventNames.ReconcileMassRemoval"/>: two complete reads agree that many records are gone. The events that state each
/// removal follow.
/// </summary>
public sealed record ReconcileMassRemoval
{
    /// <summary>The kind of record: <c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignment</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>How many records were known of what was read.</summary>
    public required long Known { get; init; }

    /// <summary>How many of them are gone.</summary>
    public required long Removed { get; init; }
}
