using NotificationHub.Events;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>The events at the end of a restatement, in which every record is published again after a restore.</summary>
// The end of a kind is reported on its own topic, after its records; the end of the location on topic hub. The location does
// not wait for a kind that Apple refuses: when Apple returns it later, both ends are reported.
internal static class Restatement
{
    public static async Task<IReadOnlyList<NewEvent>> EndAsync(
        WriteTransaction transaction,
        FullSyncState finished,
        IReadOnlyList<FullSyncState> fullSyncs,
        long from,
        DateTimeOffset now
    )
    {
        var epoch = await EventLog.ReadEpochAsync(transaction);
        return [ForKind(finished, epoch, from, now), .. ForLocation(fullSyncs, epoch, from, now)];
    }

    /// <summary>Ends the restatement without a kind that Apple refuses, if it was the last one.</summary>
    public static async Task<IReadOnlyList<NewEvent>> SkipAsync(
        WriteTransaction transaction,
        IReadOnlyList<FullSyncState> fullSyncs,
        long from,
        DateTimeOffset now
    )
    {
        var epoch = await EventLog.ReadEpochAsync(transaction);
        return ForLocation(fullSyncs, epoch, from, now);
    }

    private static NewEvent ForKind(FullSyncState finished, long epoch, long from, DateTimeOffset now) =>
        NewEvent.Create(
            finished.Kind.RestatedEventName,
            finished.LocationId,
            finished.Kind.SubjectPrefix,
            new RecordsRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = finished.KnownRecords ?? 0,
            },
            EventJsonContext.Wire.RecordsRestated,
            now
        ) with
        {
            Cause = RecordChanges.Restore,
        };

    // None while a kind is pending, and none if no kind was restated.
    private static IReadOnlyList<NewEvent> ForLocation(
        IReadOnlyList<FullSyncState> fullSyncs,
        long epoch,
        long from,
        DateTimeOffset now
    ) =>
        fullSyncs.Any(fullSync => fullSync.IsRestatementPending)
        || fullSyncs.All(fullSync => fullSync.RestateFrom is not null)
            ? []
            : [ForLocation(fullSyncs.ToLookup(fullSync => fullSync.RestateFrom is null), epoch, from, now)];

    /// <param name="fullSyncs">Grouped by whether all records of the kind were restated.</param>
    private static NewEvent ForLocation(
        ILookup<bool, FullSyncState> fullSyncs,
        long epoch,
        long from,
        DateTimeOffset now
    ) =>
        NewEvent.Create(
            EventNames.LocationRestated,
            fullSyncs[true].First().LocationId,
            fullSyncs[true].First().LocationId,
            new LocationRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = CountRecords(fullSyncs[true]),
                NotAvailable = [.. fullSyncs[false].Select(fullSync => fullSync.KindName)],
            },
            EventJsonContext.Wire.LocationRestated,
            now
        ) with
        {
            Cause = RecordChanges.Restore,
        };

    public static Dictionary<string, long> CountRecords(IEnumerable<FullSyncState> fullSyncs) =>
        fullSyncs.ToDictionary(
            fullSync => fullSync.KindName,
            fullSync => fullSync.KnownRecords ?? 0,
            StringComparer.Ordinal
        );
}
