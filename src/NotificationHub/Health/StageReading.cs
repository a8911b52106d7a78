namespace NotificationHub.Health;

/// <summary>How far a stage was at one moment, by the database: every replica reads the same.</summary>
internal sealed record StageReading(string Stage)
{
    /// <summary>The <c>seq</c> it has dealt with last; null where it follows no log, or has not begun.</summary>
    public long? Cursor { get; init; }

    /// <summary>When it last got on; null where that is not recorded.</summary>
    public DateTimeOffset? MovedAt { get; init; }

    /// <summary>Another text whenever it has got on, where the time of it is not recorded.</summary>
    public string? Progress { get; init; }

    /// <summary>How much waits that could be dealt with; counted up to a bound.</summary>
    public long Behind { get; init; }

    /// <summary>Since when the first of it waits.</summary>
    public DateTimeOffset? OldestAt { get; init; }

    /// <summary>How much was tried in vain and is tried again.</summary>
    public long Failing { get; init; }

    /// <summary>Why, in the case of one of them.</summary>
    public string? Fault { get; init; }

    public TimeSpan OldestAge(DateTimeOffset now) => OldestAt is { } at && now > at ? now - at : TimeSpan.Zero;

    public static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}

/// <summary>The stages by name; those of the topics are named by their cursor.</summary>
internal static class StageNames
{
    public const string Routing = "routing";
    public const string Refetch = "refetch";
    public const string FullSyncs = "full-sync";
    public const string Operations = "operations";
    public const string Locations = "locations";
}
