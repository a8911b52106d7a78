namespace NotificationHub.Locations;

/// <summary>A row of <c>location</c>.</summary>
internal sealed record Location
{
    public required string LocationId { get; init; }

    /// <summary>Apple's ID of the library; null for a receive-only location until its first notification.</summary>
    public string? UId { get; init; }

    public string? Name { get; init; }

    /// <summary>The country of the library's store, such as <c>US</c>, for the names of apps and books.</summary>
    public string? Country { get; init; }

    public required string StateName { get; init; }

    public string? StateReason { get; init; }

    public required DateTimeOffset StateSince { get; init; }

    /// <summary>Whether there is no content token: notifications are received, but nothing is read from Apple.</summary>
    public required bool ReceiveOnly { get; init; }

    public string? MdmId { get; init; }

    public string? MdmName { get; init; }

    public string? MdmMetadata { get; init; }

    public string? NotificationUrl { get; init; }

    public string? NotificationTypes { get; init; }

    public byte[]? ContentToken { get; init; }

    public DateTimeOffset? TokenExpiresAt { get; init; }

    /// <summary>Whether Apple refused a change, because the content token allows only reads.</summary>
    public bool TokenReadOnly { get; init; }

    /// <summary>When scheduled calls to Apple may resume; null if they are not paused.</summary>
    public DateTimeOffset? PausedUntil { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? RegisteredAt { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    /// <summary>The first <c>seq</c> of the epoch that a restore began; null if the location was never restored.</summary>
    public long? RestateFrom { get; init; }

    public LocationState State => LocationStates.Parse(StateName);

    public bool HasTokenOf(Location other) => ContentToken.AsSpan().SequenceEqual(other.ContentToken);
}
