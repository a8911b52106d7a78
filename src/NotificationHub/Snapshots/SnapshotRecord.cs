namespace NotificationHub.Snapshots;

/// <param name="Data">Canonical JSON: equal texts mean equal records.</param>
internal sealed record SnapshotRecord(string Key, string Data, string? AdamId);

/// <param name="Below">The exclusive end; empty for no end, null for the single key <paramref name="From"/>.</param>
internal sealed record KeyRange(string From, string? Below = null)
{
    // Without an end, because the engines differ in which key is the last.
    public static readonly KeyRange All = new("", "");

    // '0' is the character after the slash.
    public static KeyRange Under(string key) => new($"{key}/", $"{key}0");

    public string Condition =>
        Below switch
        {
            null => "\"key\" = @From",
            "" => "\"key\" >= @From",
            _ => "\"key\" >= @From and \"key\" < @Below",
        };
}
