using NotificationHub.Refetch;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>
/// After the last page: what a quiet walk did not return is gone. Where records moved between the pages, one may be missing that was there all
/// the time, and everything is walked again. Where they never rest, each record that was not returned is asked for by itself, and then each
/// asset's or subscription's holders are walked that are not as many as it says. An incremental read of users removes no user: a user for whom
/// only retired records were returned is read by ID.
/// </summary>
internal sealed class FullSyncFinalizer(
    ReadExecutor narrow,
    UnseenRecords absences,
    CountMismatches counts,
    FullSyncCompletion completion,
    MassRemovals removals,
    FullSyncSchedule schedule
)
{
    /// <summary>On a location that is never quiet a full sync must come to its end, too.</summary>
    private const int MostWalks = 3;

    public async Task SettleAsync(RefetchContext turn, FullSyncState fullSync)
    {
        if (!fullSync.IsWhole)
        {
            await SaveAsync(turn, fullSync with { Phase = FullSyncPhases.Verifying, PageToken = null });
        }
        else if (fullSync.IsUndisturbed)
        {
            if (!await IsDoubtedAsync(turn, fullSync))
            {
                await RemoveAsync(turn, fullSync, absences.FindAsync(fullSync, "", turn.CancellationToken));
                await completion.FinishAsync(turn, fullSync);
            }
        }
        else
        {
            await DecideAsync(turn, fullSync);
        }
    }

    /// <summary>Asks for the next record that disturbed reads left in doubt.</summary>
    public async Task<FullSyncState> GoOnAsync(RefetchContext turn, FullSyncState fullSync)
    {
        if (await NextAsync(fullSync, turn.CancellationToken) is not var (key, read))
        {
            return await CloseAsync(turn, fullSync);
        }

        var outcome = await narrow.RunAsync(turn, new RefetchStep(read, []) with { Doubt = fullSync.Doubt });
        var current = fullSync with { Attempts = 0 };
        return await SaveAsync(
            turn,
            outcome.Doubted is { } judgment
                ? WithDoubt(current, judgment)
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

    /// <summary>Whether the read lacks so many records that it must be repeated later to confirm their removal.</summary>
    private async Task<bool> IsDoubtedAsync(RefetchContext turn, FullSyncState fullSync)
    {
        var doubted = await removals.FindDoubtAsync(
            turn,
            FullSyncRead.ContextOf(fullSync),
            [new RemovalScope(KeyRange.All, fullSync.Doubt, IsNotified: false)],
            fullSync.StartNumber!.Value
        );
        if (doubted is not null)
        {
            await SaveAsync(turn, WithDoubt(fullSync.StartOver(), doubted));
        }

        return doubted is not null;
    }

    private FullSyncState WithDoubt(FullSyncState fullSync, RemovalAssessment judgment) =>
        fullSync with
        {
            DoubtedNumber = judgment.Doubt!.Number,
            DoubtedAt = judgment.Doubt.At,
            DueAt = removals.RepeatAt(judgment.Doubt),
            LastError = judgment.Reason,
        };

    private async Task<(string Key, RefetchRead Read)?> NextAsync(
        FullSyncState fullSync,
        CancellationToken cancellationToken
    )
    {
        var after = fullSync.PageToken ?? "";
        if (fullSync.Phase == FullSyncPhases.Counting)
        {
            return await counts.FindAsync(fullSync, after, cancellationToken);
        }

        if (!fullSync.IsWhole)
        {
            var user = await absences
                .FindRetiredAsync(fullSync, after, cancellationToken)
                .Select(keys => keys[0])
                .FirstOrDefaultAsync(cancellationToken);
            return user is null ? null : (RecordKeys.BehindUser(user), fullSync.Read.Narrow(user)!);
        }

        var absent = await absences
            .FindAsync(fullSync, after, cancellationToken)
            .Select(keys => keys[0])
            .FirstOrDefaultAsync(cancellationToken);
        return absent is null ? null : (absent, fullSync.Read.Narrow(absent)!);
    }

    private async Task<FullSyncState> CloseAsync(RefetchContext turn, FullSyncState fullSync)
    {
        if (fullSync.Phase == FullSyncPhases.Verifying)
        {
            return await SaveAsync(turn, fullSync with { Phase = FullSyncPhases.Counting, PageToken = null });
        }

        await completion.FinishAsync(turn, fullSync);
        return fullSync;
    }

    private static Task<FullSyncState> DecideAsync(RefetchContext turn, FullSyncState fullSync)
    {
        var restarts = fullSync.Restarts + 1;
        var after =
            restarts < MostWalks
                ? fullSync.StartOver()
                : fullSync with
                {
                    Phase = FullSyncPhases.Verifying,
                    PageToken = null,
                };
        return SaveAsync(turn, after with { Restarts = restarts });
    }

    private static async Task<FullSyncState> SaveAsync(RefetchContext turn, FullSyncState fullSync)
    {
        await turn.WriteAsync(transaction => FullSyncStore.SaveAsync(transaction, fullSync));
        return fullSync;
    }

    private async Task RemoveAsync(
        RefetchContext turn,
        FullSyncState fullSync,
        IAsyncEnumerable<IReadOnlyList<string>> pages
    )
    {
        var number = await turn.WriteAsync(transaction =>
            SnapshotStore.TakeReadNumberAsync(transaction, fullSync.LocationId)
        );
        await foreach (var keys in pages)
        {
            foreach (var chunk in keys.Chunk(SnapshotStore.ChunkSize))
            {
                await turn.WriteAsync(transaction =>
                    SnapshotStore.RemoveKeysAsync(
                        transaction,
                        FullSyncRead.ContextOf(fullSync),
                        chunk,
                        fullSync.StartNumber!.Value,
                        number,
                        schedule.Now
                    )
                );
            }
        }
    }
}
