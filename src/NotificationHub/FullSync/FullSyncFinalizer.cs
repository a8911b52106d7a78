using NotificationHub.Refetch;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>Handles the records that a full sync did not return.</summary>
// After an undisturbed read they are gone. A disturbed read may have missed some, so it is repeated. After several disturbed
// reads, each unseen record is read by itself, and then the assignments of each asset or subscription whose count differs.
// An incremental read of users removes no user: a user for whom only retired records were returned is read by ID.
internal sealed class FullSyncFinalizer(
    ReadExecutor executor,
    UnseenRecords unseenRecords,
    CountMismatches counts,
    FullSyncCompletion completion,
    MassRemovals removals,
    FullSyncSchedule schedule
)
{
    // A full sync of a busy location must end, too.
    private const int MaxReads = 3;

    public async Task FinishReadAsync(RefetchContext context, FullSyncState fullSync)
    {
        if (!fullSync.IsWhole)
        {
            await SaveAsync(context, fullSync with { Phase = FullSyncPhases.Verifying, PageToken = null });
        }
        else if (fullSync.IsUndisturbed)
        {
            if (!await IsDoubtedAsync(context, fullSync))
            {
                await RemoveAsync(context, fullSync, unseenRecords.FindAsync(fullSync, "", context.CancellationToken));
                await completion.FinishAsync(context, fullSync);
            }
        }
        else
        {
            await RestartAsync(context, fullSync);
        }
    }

    public async Task<FullSyncState> ContinueAsync(RefetchContext context, FullSyncState fullSync)
    {
        if (await NextAsync(fullSync, context.CancellationToken) is not var (key, read))
        {
            return await EndPhaseAsync(context, fullSync);
        }

        var outcome = await executor.RunAsync(context, new RefetchStep(read, []) with { Doubt = fullSync.Doubt });
        var current = fullSync with { Attempts = 0 };
        return await SaveAsync(
            context,
            outcome.Doubted is { } assessment
                ? WithDoubt(current, assessment)
                : current with
                {
                    PageToken = key,
                    DueAt = schedule.NextRequest,
                    DoubtedNumber = null,
                    DoubtedAt = null,
                    LastError = null,
                }
        );
    }

    /// <returns>Whether the read lacks so many records that a second one must confirm their removal.</returns>
    private async Task<bool> IsDoubtedAsync(RefetchContext context, FullSyncState fullSync)
    {
        var doubted = await removals.FindDoubtAsync(
            context,
            FullSyncRead.CreateContext(fullSync),
            [new RemovalScope(KeyRange.All, fullSync.Doubt, IsNotified: false)],
            fullSync.StartNumber!.Value
        );
        if (doubted is not null)
        {
            await SaveAsync(context, WithDoubt(fullSync.StartOver(), doubted));
        }

        return doubted is not null;
    }

    private FullSyncState WithDoubt(FullSyncState fullSync, RemovalAssessment assessment) =>
        fullSync with
        {
            DoubtedNumber = assessment.Doubt!.Number,
            DoubtedAt = assessment.Doubt.At,
            DueAt = removals.RepeatAt(assessment.Doubt),
            LastError = assessment.Reason,
        };

    private async Task<(string Key, RefetchRead Read)?> NextAsync(
        FullSyncState fullSync,
        CancellationToken cancellationToken
    )
    {
        var after = fullSync.PageToken ?? "";
        if (fullSync.Phase == FullSyncPhases.Recounting)
        {
            return await counts.FindAsync(fullSync, after, cancellationToken);
        }

        if (!fullSync.IsWhole)
        {
            var user = await unseenRecords
                .FindRetiredAsync(fullSync, after, cancellationToken)
                .FirstOrDefaultAsync(cancellationToken);
            return user is null ? null : (RecordKeys.BehindUser(user), fullSync.Read.Narrow(user)!);
        }

        var absent = await unseenRecords
            .FindAsync(fullSync, after, cancellationToken)
            .FirstOrDefaultAsync(cancellationToken);
        return absent is null ? null : (absent, fullSync.Read.Narrow(absent)!);
    }

    private async Task<FullSyncState> EndPhaseAsync(RefetchContext context, FullSyncState fullSync)
    {
        if (fullSync.Phase == FullSyncPhases.Verifying)
        {
            return await SaveAsync(context, fullSync with { Phase = FullSyncPhases.Recounting, PageToken = null });
        }

        await completion.FinishAsync(context, fullSync);
        return fullSync;
    }

    private static Task<FullSyncState> RestartAsync(RefetchContext context, FullSyncState fullSync)
    {
        var restarts = fullSync.Restarts + 1;
        var after =
            restarts < MaxReads
                ? fullSync.StartOver()
                : fullSync with
                {
                    Phase = FullSyncPhases.Verifying,
                    PageToken = null,
                };
        return SaveAsync(context, after with { Restarts = restarts });
    }

    private static async Task<FullSyncState> SaveAsync(RefetchContext context, FullSyncState fullSync)
    {
        await context.WriteAsync(transaction => FullSyncStore.SaveAsync(transaction, fullSync));
        return fullSync;
    }

    private async Task RemoveAsync(RefetchContext context, FullSyncState fullSync, IAsyncEnumerable<string> keys)
    {
        var number = await context.WriteAsync(transaction =>
            SnapshotStore.TakeReadNumberAsync(transaction, fullSync.LocationId)
        );
        var numbers = new ReadNumbers(fullSync.StartNumber!.Value, number);
        await foreach (var chunk in keys.Chunk(SnapshotStore.ChunkSize))
        {
            await context.WriteAsync(transaction =>
                SnapshotStore.RemoveKeysAsync(
                    transaction,
                    FullSyncRead.CreateContext(fullSync),
                    chunk,
                    numbers,
                    schedule.Now
                )
            );
        }
    }
}
