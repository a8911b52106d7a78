namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.HubRestored"/>, the first event of the epoch after a restore.</summary>
public sealed record HubRestored
{
    /// <summary>The epoch of this and all later events.</summary>
    public required long Epoch { get; init; }

    /// <summary>The lowest sequence and revision of the new epoch, as 19 digits.</summary>
    public required string FromRevision { get; init; }

    /// <summary>The locations that the hub still has. Drop the records of every other location.</summary>
    public required IReadOnlyList<string> Locations { get; init; }
}

/// <summary>
/// Data of <see cref="EventNames.AssetRestated"/>, <see cref="EventNames.AssignmentRestated"/>,
/// <see cref="EventNames.UserRestated"/>, <see cref="EventNames.SubscriptionRestated"/> and
/// <see cref="EventNames.SubscriptionAssignmentRestated"/>.
/// </summary>
public sealed record RecordsRestated
{
    /// <summary>The epoch that the restore started.</summary>
    public required long Epoch { get; init; }

    /// <summary>
    /// As 19 digits. Drop every record of this location and kind with a lower revision: it no longer exists.
    /// </summary>
    public required string FromRevision { get; init; }

    /// <summary>The number of records of this kind in the location.</summary>
    public required long Records { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRestated"/>.</summary>
public sealed record LocationRestated
{
    /// <summary>The epoch that the restore started.</summary>
    public required long Epoch { get; init; }

    /// <summary>The lowest revision of the location's records, as 19 digits.</summary>
    public required string FromRevision { get; init; }

    /// <summary>The number of records that were restated, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Records { get; init; }

    /// <summary>
    /// The kinds that Apple refuses to return. They are retried on schedule. Once Apple returns them, this event is
    /// published again.
    /// </summary>
    public IReadOnlyList<string> NotAvailable
    {
        get => field ?? [];
        init;
    }
}
