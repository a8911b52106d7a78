using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>Ends a full sync: schedules the next one, and reports the end of an import or a restatement.</summary>
internal sealed partial class FullSyncCompletion(
    Database database,
    FullSyncSchedule schedule,
    ILogger<FullSyncCompletion> logger
)
{
    public async Task FinishAsync(RefetchContext context, FullSyncState fullSync)
    {
        await using var connection = await database.OpenReaderAsync(context.CancellationToken);
        var now = schedule.Now;
        var finished = fullSync.StartOver() with
        {
            Purpose = FullSyncPurposes.Reconcile,
            DueAt = schedule.NextFullSync(fullSync.Kind),
            Owner = null,
            Restarts = 0,
            Pages = fullSync.Pages,
            Records = fullSync.Records,
            Attempts = 0,
            LastError = null,
            DoubtedNumber = null,
            DoubtedAt = null,
            FinishedAt = now,
            RestateFrom = null,
            ImportedAt = fullSync.ImportedAt ?? now,
            RefusedAt = null,
            KnownRecords = await SnapshotRows.CountAsync(connection, fullSync.LocationId, fullSync.Kind),
        };
        await context.WriteAsync(async transaction =>
        {
            await FullSyncStore.SaveAsync(transaction, finished);
            if (fullSync.IsWhole)
            {
                await FullSyncStore.SetCompleteAsync(transaction, finished);
            }

            await FullSyncPages.DeleteAsync(transaction, finished);
            if (fullSync.Kind == RecordKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, fullSync.LocationId, fullSync.FirstVersion);
            }

            var fullSyncs = await FullSyncStore.ReadAsync(transaction.Connection, fullSync.LocationId);
            if (fullSync.RestateFrom is { } from)
            {
                await Restatement.EndAsync(transaction, finished, fullSyncs, from, now);
            }

            if (fullSync.IsImport)
            {
                await ContinueImportAsync(transaction, fullSyncs, now);
            }
        });
        Log.Finished(logger, fullSync.Purpose, fullSync.KindName, fullSync.LocationId, fullSync.Records);
        // The next kind may be due now.
        database.Signals.TargetsRequested.Raise();
    }

    /// <summary>Continues the import, or the restatement after a restore, without a kind that Apple refuses.</summary>
    public static async Task SkipAsync(
        WriteTransaction transaction,
        FullSyncState refused,
        IReadOnlyList<FullSyncState> fullSyncs,
        DateTimeOffset now
    )
    {
        if (refused is { IsRestatementPending: true, RestateFrom: { } from })
        {
            await Restatement.EndAsync(transaction, finished: null, fullSyncs, from, now);
        }

        if (refused.IsImportPending)
        {
            await ContinueImportAsync(transaction, fullSyncs, now);
        }
    }

    // If Apple later returns a refused kind, the end is reported again.
    private static async Task ContinueImportAsync(
        WriteTransaction transaction,
        IReadOnlyList<FullSyncState> fullSyncs,
        DateTimeOffset now
    )
    {
        if (fullSyncs.FirstOrDefault(other => other.IsImportPending) is { } next)
        {
            await FullSyncStore.SaveAsync(transaction, next with { DueAt = next.DueAt ?? now });
            return;
        }

        var isImported = fullSyncs.ToLookup(fullSync => fullSync.ImportedAt is not null);
        if (isImported.Contains(true))
        {
            transaction.AppendEvents([
                NewEvent.Create(
                    EventNames.LocationImported,
                    fullSyncs[0].LocationId,
                    fullSyncs[0].LocationId,
                    new LocationImported
                    {
                        Records = Restatement.CountRecords(isImported[true]),
                        NotAvailable = [.. isImported[false].Select(fullSync => fullSync.KindName)],
                        StartedAt = fullSyncs[0].CreatedAt,
                        FinishedAt = now,
                    },
                    EventJsonContext.Wire.LocationImported,
                    now
                ),
            ]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Completed a full sync of location {LocationId}: purpose {Purpose}, kind {Kind}, {Records} records read."
        )]
        public static partial void Finished(
            ILogger logger,
            string purpose,
            string kind,
            string locationId,
            long records
        );
    }
}

/// <summary>The events at the end of a restatement, in which every record is published again after a restore.</summary>
// The end of a kind is reported on its own topic, after its records; the end of the location on topic hub. The location does
// not wait for a kind that Apple refuses: when Apple returns it later, both ends are reported.
internal static class Restatement
{
    /// <param name="finished">The kind that was restated; null if Apple refuses it.</param>
    /// <param name="from">The lowest revision of restated records.</param>
    public static async Task EndAsync(
        WriteTransaction transaction,
        FullSyncState? finished,
        IReadOnlyList<FullSyncState> fullSyncs,
        long from,
        DateTimeOffset now
    )
    {
        var epoch = await EventLog.ReadEpochAsync(transaction);
        if (finished is not null)
        {
            transaction.AppendEvents([ForKind(finished, epoch, from, now)]);
        }

        var isRestated = fullSyncs.ToLookup(fullSync => fullSync.RestateFrom is null);
        if (isRestated.Contains(true) && !fullSyncs.Any(fullSync => fullSync.IsRestatementPending))
        {
            transaction.AppendEvents([ForLocation(isRestated, epoch, from, now)]);
        }
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

    private static NewEvent ForLocation(
        ILookup<bool, FullSyncState> isRestated,
        long epoch,
        long from,
        DateTimeOffset now
    ) =>
        NewEvent.Create(
            EventNames.LocationRestated,
            isRestated[true].First().LocationId,
            isRestated[true].First().LocationId,
            new LocationRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = CountRecords(isRestated[true]),
                NotAvailable = [.. isRestated[false].Select(fullSync => fullSync.KindName)],
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
