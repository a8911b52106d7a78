using NotificationHub.Events;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>
/// After a restore every record is stated again. The end of it is announced for each kind, on the topic of the kind and so behind its records,
/// and on topic <c>hub</c> for the location. The location does not wait for a kind that Apple refuses: once Apple returns it, both are announced.
/// </summary>
internal static class Restatement
{
    /// <param name="finished">The full sync that has restated all records of its kind.</param>
    /// <param name="fullSyncs">The current full syncs of the location.</param>
    /// <param name="from">The first revision of the epoch.</param>
    /// <returns>The events that are to be appended in the same transaction.</returns>
    public static async Task<IReadOnlyList<NewEvent>> EndAsync(
        WriteTransaction transaction,
        FullSyncState finished,
        IReadOnlyList<FullSyncState> fullSyncs,
        long from,
        long now
    )
    {
        var epoch = await EventLog.ReadEpochAsync(transaction);
        return [OfKind(finished, epoch, from, now), .. OfLocation(fullSyncs, epoch, from, now)];
    }

    /// <summary>Goes on without a kind that Apple refuses.</summary>
    /// <returns>The events that are to be appended in the same transaction.</returns>
    public static async Task<IReadOnlyList<NewEvent>> PassOverAsync(
        WriteTransaction transaction,
        IReadOnlyList<FullSyncState> fullSyncs,
        long from,
        long now
    )
    {
        var epoch = await EventLog.ReadEpochAsync(transaction);
        return OfLocation(fullSyncs, epoch, from, now);
    }

    private static NewEvent OfKind(FullSyncState finished, long epoch, long from, long now) =>
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

    /// <returns>None while a kind is pending, and none where no kind was restated.</returns>
    private static IReadOnlyList<NewEvent> OfLocation(
        IReadOnlyList<FullSyncState> fullSyncs,
        long epoch,
        long from,
        long now
    ) =>
        fullSyncs.Any(fullSync => fullSync.IsRestatementPending)
        || fullSyncs.All(fullSync => fullSync.RestateFrom is not null)
            ? []
            : [OfLocation(fullSyncs.ToLookup(fullSync => fullSync.RestateFrom is null), epoch, from, now)];

    /// <param name="fullSyncs">By whether all records of the kind were restated.</param>
    private static NewEvent OfLocation(ILookup<bool, FullSyncState> fullSyncs, long epoch, long from, long now) =>
        NewEvent.Create(
            EventNames.LocationRestated,
            fullSyncs[true].First().LocationId,
            fullSyncs[true].First().LocationId,
            new LocationRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = RecordCounts(fullSyncs[true]),
                NotAvailable = [.. fullSyncs[false].Select(fullSync => fullSync.Resource)],
            },
            EventJsonContext.Wire.LocationRestated,
            now
        ) with
        {
            Cause = RecordChanges.Restore,
        };

    /// <summary>The known records of each kind.</summary>
    public static Dictionary<string, long> RecordCounts(IEnumerable<FullSyncState> fullSyncs) =>
        fullSyncs.ToDictionary(
            fullSync => fullSync.Resource,
            fullSync => fullSync.KnownRecords ?? 0,
            StringComparer.Ordinal
        );
}
