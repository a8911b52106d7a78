namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.LocationRegistered"/>.</summary>
public sealed record LocationRegistered
{
    /// <summary>Apple's id of the location; null where the hub only receives and has not seen a notification yet.</summary>
    public string? UId { get; init; }

    /// <summary>The location's name at Apple.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the hub only receives: without a content token nothing is read from Apple.</summary>
    public required bool ReceiveOnly { get; init; }

    /// <summary>The types of notifications that Apple was asked for; null where the hub did not ask itself.</summary>
    public IReadOnlyList<string>? NotificationTypes { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRefused"/>.</summary>
public sealed record LocationRefused
{
    /// <summary>How many posts were refused since <see cref="Since"/>.</summary>
    public required long Count { get; init; }

    /// <summary>The beginning of the time over which they are counted, in UTC.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationUidMismatch"/>.</summary>
public sealed record LocationUidMismatch
{
    /// <summary>The quarantined notification's place in the notification log.</summary>
    public required long Seq { get; init; }

    /// <summary>The <c>uId</c> of the location that the post was addressed to.</summary>
    public string? ExpectedUId { get; init; }

    /// <summary>The <c>uId</c> in the post.</summary>
    public string? ActualUId { get; init; }
}

/// <summary>
/// Data of <see cref="EventNames.LocationTokenExpiring"/>, <see cref="EventNames.LocationTokenExpired"/> and
/// <see cref="EventNames.LocationTokenRevoked"/>.
/// </summary>
public sealed record LocationTokenState
{
    /// <summary>The location's state: <c>valid</c> (30 days before the end), <c>expiring</c>, <c>expired</c>, <c>revoked</c> or <c>invalid</c>.</summary>
    public required string State { get; init; }

    /// <summary>When the content token expires or expired, in UTC, if that is known.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What showed it, such as Apple's error number.</summary>
    public string? Reason { get; init; }

    /// <summary>Of <see cref="EventNames.LocationTokenExpiring"/>: the token ends within this many days: 30, 15, 7 or 1.</summary>
    public int? DaysLeft { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationTakenOver"/>.</summary>
public sealed record LocationTakenOver
{
    /// <summary>The <c>mdmInfo.id</c> that is recorded for the location.</summary>
    public string? ExpectedMdmId { get; init; }

    /// <summary>The <c>mdmInfo.id</c> that Apple states.</summary>
    public string? ActualMdmId { get; init; }

    /// <summary>The <c>mdmInfo.name</c> that Apple states.</summary>
    public string? ActualMdmName { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationSettingsChanged"/>.</summary>
public sealed record LocationSettingsChanged
{
    /// <summary>What is different now; never empty.</summary>
    public required IReadOnlyList<LocationSettingDifference> Differences { get; init; }
}

/// <summary>One of Apple's settings that is not as it was made for the hub.</summary>
public sealed record LocationSettingDifference
{
    /// <summary>Apple's name of it: <c>notificationUrl</c>, <c>notificationTypes</c>, <c>notificationAuthToken</c> or <c>uId</c>.</summary>
    public required string Setting { get; init; }

    /// <summary>What was set; null for a secret.</summary>
    public string? Expected { get; init; }

    /// <summary>What Apple has now; null where there is nothing, and for a secret.</summary>
    public string? Actual { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationSilent"/>: a location that used to be busy has not been heard from.</summary>
public sealed record LocationSilent
{
    /// <summary>When the last post came that was no test, in UTC.</summary>
    public required DateTimeOffset LastHeardAt { get; init; }

    /// <summary>How many posts have come from it in all, tests not counted.</summary>
    public required long Posts { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRemoved"/>: a consumer may forget what it has of the location.</summary>
public sealed record LocationRemoved
{
    /// <summary>Apple's id of the library; null where it was never known.</summary>
    public string? UId { get; init; }

    /// <summary>The library's name; null where it was never known.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the hub deletes what it has of the location. It may do so later, too, without a further event.</summary>
    public required bool Purge { get; init; }
}
