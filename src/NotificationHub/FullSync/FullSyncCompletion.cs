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

            var fullSyncs = await FullSyncStore.ReadAsync(transaction, fullSync.LocationId);
            List<NewEvent> events =
            [
                .. fullSync.RestateFrom is { } from
                    ? await Restatement.EndAsync(transaction, finished, fullSyncs, from, now)
                    : [],
            ];
            if (fullSync.IsImport)
            {
                events.AddRange(await ContinueImportAsync(transaction, fullSyncs, now));
            }

            transaction.AppendEvents(events);
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
        List<NewEvent> events =
        [
            .. refused is { IsRestatementPending: true, RestateFrom: { } from }
                ? await Restatement.SkipAsync(transaction, fullSyncs, from, now)
                : [],
        ];
        if (refused.IsImportPending)
        {
            events.AddRange(await ContinueImportAsync(transaction, fullSyncs, now));
        }

        transaction.AppendEvents(events);
    }

    /// <summary>Starts the import of the next kind, or reports the end of the import.</summary>
    // If Apple later returns a refused kind, the end is reported again.
    private static async Task<IReadOnlyList<NewEvent>> ContinueImportAsync(
        WriteTransaction transaction,
        IReadOnlyList<FullSyncState> fullSyncs,
        DateTimeOffset now
    )
    {
        if (fullSyncs.FirstOrDefault(other => other.IsImportPending) is { } next)
        {
            await FullSyncStore.SaveAsync(transaction, next with { DueAt = next.DueAt ?? now });
            return [];
        }

        return fullSyncs.All(other => other.ImportedAt is null) ? [] : [Imported(fullSyncs, now)];
    }

    private static NewEvent Imported(IReadOnlyList<FullSyncState> fullSyncs, DateTimeOffset now) =>
        NewEvent.Create(
            EventNames.LocationImported,
            fullSyncs[0].LocationId,
            fullSyncs[0].LocationId,
            new LocationImported
            {
                Records = Restatement.CountRecords(fullSyncs.Where(fullSync => fullSync.ImportedAt is not null)),
                NotAvailable =
                [
                    .. fullSyncs.Where(fullSync => fullSync.ImportedAt is null).Select(fullSync => fullSync.KindName),
                ],
                StartedAt = fullSyncs[0].CreatedAt,
                FinishedAt = now,
            },
            EventJsonContext.Wire.LocationImported,
            now
        );

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Finished the {Purpose} of {Kind} records of location {LocationId}: {Records} records read."
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
