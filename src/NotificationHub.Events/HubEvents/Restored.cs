namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.HubRestored"/>, the first event of an epoch that a restore began.</summary>
public sealed record HubRestored
{
    /// <summary>The epoch of the events from now on.</summary>
    public required long Epoch { get; init; }

    /// <summary>As 19 digits: the new epoch has no smaller sequence and no smaller revision.</summary>
    public required string FromRevision { get; init; }

    /// <summary>The locations that the hub still has. Drop the records of every other location.</summary>
    public required IReadOnlyList<string> Locations { get; init; }
}

/// <summary>
/// Data of <see cref="EventNames.AssetRestated"/>, <see cref="EventNames.AssignmentRestated"/>, <see cref="EventNames.UserRestated"/>,
/// <see cref="EventNames.SubscriptionRestated"/> and <see cref="EventNames.SubscriptionAssignmentRestated"/>.
/// </summary>
public sealed record RecordsRestated
{
    /// <summary>The epoch that the restore began.</summary>
    public required long Epoch { get; init; }

    /// <summary>As 19 digits: a record of this location and kind with a smaller revision does not exist any more. Drop it.</summary>
    public required string FromRevision { get; init; }

    /// <summary>How many records the location has of this kind.</summary>
    public required long Records { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRestated"/>.</summary>
public sealed record LocationRestated
{
    /// <summary>The epoch that the restore began.</summary>
    public required long Epoch { get; init; }

    /// <summary>As 19 digits: no record of the location has a smaller revision.</summary>
    public required string FromRevision { get; init; }

    /// <summary>How many records there were, of each kind that was restated.</summary>
    public required IReadOnlyDictionary<string, long> Records { get; init; }

    /// <summary>The kinds that Apple refuses to return. They are retried on schedule; once Apple answers, the event comes again.</summary>
    public IReadOnlyList<string> NotAvailable
    {
        get => field ?? [];
        init;
    }
}
