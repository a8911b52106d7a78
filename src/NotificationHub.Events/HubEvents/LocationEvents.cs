namespace NotificationHub.Events;

/// <summary>Data of <see cref="EventNames.LocationRegistered"/>.</summary>
public sealed record LocationRegistered
{
    /// <summary>
    /// Apple's ID of the location; null if the location is receive-only and no notification has arrived yet.
    /// </summary>
    public string? UId { get; init; }

    /// <summary>The location's name at Apple.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the location has no content token, so that the hub reads nothing from Apple.</summary>
    public required bool ReceiveOnly { get; init; }

    /// <summary>The notification types that the hub set at Apple; null if the hub did not set them.</summary>
    public IReadOnlyList<string>? NotificationTypes { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRefused"/>.</summary>
public sealed record LocationRefused
{
    /// <summary>The number of rejected deliveries since <see cref="Since"/>.</summary>
    public required long Count { get; init; }

    /// <summary>The start of the counted period, in UTC.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationUidMismatch"/>.</summary>
public sealed record LocationUidMismatch
{
    /// <summary>The quarantined notification's position in the notification log.</summary>
    public required long Seq { get; init; }

    /// <summary>The <c>uId</c> of the location that the delivery was addressed to.</summary>
    public string? ExpectedUId { get; init; }

    /// <summary>The <c>uId</c> in the notification.</summary>
    public string? ActualUId { get; init; }
}

/// <summary>
/// Data of <see cref="EventNames.LocationTokenExpiring"/>, <see cref="EventNames.LocationTokenExpired"/> and
/// <see cref="EventNames.LocationTokenRevoked"/>.
/// </summary>
public sealed record LocationTokenState
{
    /// <summary>
    /// The location's state: <c>valid</c> (30 days before the expiry), <c>expiring</c>, <c>expired</c>, <c>revoked</c>
    /// or <c>invalid</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>When the content token expires or expired, in UTC, if known.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The reason for the state, such as Apple's error number.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Only on <see cref="EventNames.LocationTokenExpiring"/>: the token expires within 30, 15, 7 or 1 days.
    /// </summary>
    public int? DaysLeft { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationTakenOver"/>.</summary>
public sealed record LocationTakenOver
{
    /// <summary>The <c>mdmInfo.id</c> that the hub stored for the location.</summary>
    public string? ExpectedMdmId { get; init; }

    /// <summary>The <c>mdmInfo.id</c> that Apple returns.</summary>
    public string? ActualMdmId { get; init; }

    /// <summary>The <c>mdmInfo.name</c> that Apple returns.</summary>
    public string? ActualMdmName { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationSettingsChanged"/>.</summary>
public sealed record LocationSettingsChanged
{
    /// <summary>The settings that differ; never empty.</summary>
    public required IReadOnlyList<LocationSettingDifference> Differences { get; init; }
}

/// <summary>One of Apple's settings that differs from the value that the hub set.</summary>
public sealed record LocationSettingDifference
{
    /// <summary>
    /// Apple's name of the setting: <c>notificationUrl</c>, <c>notificationTypes</c>, <c>notificationAuthToken</c> or
    /// <c>uId</c>.
    /// </summary>
    public required string Setting { get; init; }

    /// <summary>The value that the hub set; null for a secret.</summary>
    public string? Expected { get; init; }

    /// <summary>Apple's current value; null if there is none, and for a secret.</summary>
    public string? Actual { get; init; }
}

/// <summary>
/// Data of <see cref="EventNames.LocationSilent"/>: a busy location has stopped sending notifications.
/// </summary>
public sealed record LocationSilent
{
    /// <summary>When the last delivery arrived, tests excluded, in UTC.</summary>
    public required DateTimeOffset LastHeardAt { get; init; }

    /// <summary>The total number of deliveries from the location, tests excluded.</summary>
    public required long Posts { get; init; }
}

/// <summary>Data of <see cref="EventNames.LocationRemoved"/>: a consumer may delete its copy of the location.</summary>
public sealed record LocationRemoved
{
    /// <summary>Apple's ID of the library; null if it was never known.</summary>
    public string? UId { get; init; }

    /// <summary>The library's name; null if it was never known.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Whether the hub deletes its data of the location. It can also delete them later, without another event.
    /// </summary>
    public required bool Purge { get; init; }
}
