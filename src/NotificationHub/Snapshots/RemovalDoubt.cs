namespace NotificationHub.Snapshots;

/// <summary>A complete read that lacked too many known records, and must be confirmed by a second read.</summary>
/// <param name="Number">The number of its first page: records with a lower read number were absent.</param>
/// <param name="At">The end of the read, in Unix milliseconds.</param>
internal sealed record RemovalDoubt(long Number, long At)
{
    public static RemovalDoubt? Of(long? number, long? at) =>
        number is { } known && at is { } time ? new RemovalDoubt(known, time) : null;
}

/// <summary>A part of what a read shows completely.</summary>
/// <param name="Doubt">The last read of it whose removals are not believed yet.</param>
/// <param name="IsNotified">A notification asked for it.</param>
/// <param name="IsAnnounced">It is one assignment, and a notification said that it is gone.</param>
internal sealed record RemovalScope(KeyRange Range, RemovalDoubt? Doubt, bool IsNotified, bool IsAnnounced = false);
