using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>What follows from the end of a full sync: the next one, and after the last one of the import <c>location.imported</c>.</summary>
internal sealed partial class FullSyncCompletion(
    Database database,
    FullSyncSchedule schedule,
    ILogger<FullSyncCompletion> logger
)
{
    public async Task FinishAsync(RefetchContext turn, FullSyncState fullSync)
    {
        await using var connection = await database.OpenReaderAsync(turn.CancellationToken);
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
        await turn.WriteAsync(async transaction =>
        {
            await FullSyncStore.SaveAsync(transaction, finished);
            if (fullSync.IsWhole)
            {
                await FullSyncStore.SetCompleteAsync(transaction, finished);
            }

            await FullSyncPages.ForgetAsync(transaction, finished);
            if (fullSync.Kind == RecordKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, fullSync.LocationId, fullSync.FirstVersion);
            }

            var fullSyncs = await FullSyncStore.ReadAsync(transaction, fullSync.LocationId);
            List<NewEvent> events =
            [
                .. fullSync.RestateFrom is { } from
                    ? await Restatement.EndAsync(transaction, finished, fullSyncs, from, now)
                    : [],
            ];
            if (fullSync.IsImport)
            {
                events.AddRange(await GoOnImportingAsync(transaction, fullSyncs, now));
            }

            transaction.AppendEvents(events);
        });
        Log.Finished(logger, fullSync.Purpose, fullSync.Resource, fullSync.LocationId, fullSync.Records);
        // The next kind is due at once.
        database.Signals.TargetsRequested.Raise();
    }

    /// <summary>Continues the import, or the restatement after a restore, without a kind that Apple refuses.</summary>
    /// <param name="refused">As it was before.</param>
    /// <param name="fullSyncs">All of the location, as they are now.</param>
    public static async Task PassOverAsync(
        WriteTransaction transaction,
        FullSyncState refused,
        IReadOnlyList<FullSyncState> fullSyncs,
        long now
    )
    {
        List<NewEvent> events =
        [
            .. refused is { IsRestatementPending: true, RestateFrom: { } from }
                ? await Restatement.PassOverAsync(transaction, fullSyncs, from, now)
                : [],
        ];
        if (refused.IsAwaited)
        {
            events.AddRange(await GoOnImportingAsync(transaction, fullSyncs, now));
        }

        transaction.AppendEvents(events);
    }

    /// <summary>
    /// Starts the import of the next kind after one was imported or refused, or reports the end of the import. If Apple later returns a
    /// refused kind, the end of the import is reported again.
    /// </summary>
    private static async Task<IReadOnlyList<NewEvent>> GoOnImportingAsync(
        WriteTransaction transaction,
        IReadOnlyList<FullSyncState> fullSyncs,
        long now
    )
    {
        if (fullSyncs.FirstOrDefault(other => other.IsAwaited) is { } next)
        {
            await FullSyncStore.SaveAsync(transaction, next with { DueAt = next.DueAt ?? now });
            return [];
        }

        return fullSyncs.All(other => other.ImportedAt is null) ? [] : [Imported(fullSyncs, now)];
    }

    private static NewEvent Imported(IReadOnlyList<FullSyncState> fullSyncs, long now) =>
        NewEvent.Create(
            EventNames.LocationImported,
            fullSyncs[0].LocationId,
            fullSyncs[0].LocationId,
            new LocationImported
            {
                Records = Restatement.RecordCounts(fullSyncs.Where(fullSync => fullSync.ImportedAt is not null)),
                NotAvailable =
                [
                    .. fullSyncs.Where(fullSync => fullSync.ImportedAt is null).Select(fullSync => fullSync.Resource),
                ],
                StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(fullSyncs[0].CreatedAt),
                FinishedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
            },
            EventJsonContext.Wire.LocationImported,
            now
        );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "The {Purpose} of {Resource} records of location {LocationId} is done: {Records} records were read."
        )]
        public static partial void Finished(
            ILogger logger,
            string purpose,
            string resource,
            string locationId,
            long records
        );
    }
}
