namespace NotificationHub.Snapshots;

/// <summary>A record as Apple states it, in the form in which it is kept and compared.</summary>
/// <param name="Key">Unique within its kind and location.</param>
/// <param name="Data">Canonical JSON of the members that the hub knows: equal text means an equal record.</param>
/// <param name="AdamId">What subscriptions filter on; null for users.</param>
internal sealed record SnapshotRecord(string Key, string Data, string? AdamId);

/// <summary>Keys of a kind: one key, or all from <paramref name="From"/> up to and without <paramref name="Below"/>.</summary>
/// <param name="Below">Null: <paramref name="From"/> alone. Empty: no bound.</param>
internal sealed record KeyRange(string From, string? Below = null)
{
    /// <summary>Every key: the engines differ in which is the last.</summary>
    public static readonly KeyRange All = new("", "");

    /// <summary>The keys that begin with <paramref name="key"/> and a slash ('0' is the character after it).</summary>
    public static KeyRange Under(string key) => new($"{key}/", $"{key}0");

    public string Condition =>
        Below switch
        {
            null => "\"key\" = @From",
            "" => "\"key\" >= @From",
            _ => "\"key\" >= @From and \"key\" < @Below",
        };
}
