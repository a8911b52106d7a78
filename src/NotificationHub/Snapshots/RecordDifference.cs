namespace NotificationHub.Snapshots;

/// <summary>A record that differs from the stored one, or that is restated unchanged.</summary>
/// <param name="Key">Unique within its kind and location.</param>
/// <param name="AdamId">What subscribers filter on; null for users.</param>
/// <param name="Before">The record as it was kept; null: it was gone, or never seen.</param>
/// <param name="After">The record as it is; null: it is gone.</param>
/// <param name="IsNew">It was never seen before.</param>
internal sealed record RecordDifference(string Key, string? AdamId, string? Before, string? After, bool IsNew)
{
    public bool IsRestatement => After is not null && After == Before;

    public string Change =>
        After is null ? RecordChanges.Removed
        : Before is null ? RecordChanges.Added
        : RecordChanges.Updated;
}
