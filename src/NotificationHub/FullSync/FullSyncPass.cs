using System.Data.Common;
using NotificationHub.Apple;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.FullSync;

/// <summary>
/// One location's turn at a full sync: one request, so that whatever a notification asks for waits for no more than that. How far it is
/// is kept with each page, so that it goes on there after a restart.
/// </summary>
internal sealed class FullSyncPass(
    Database database,
    RefetchContextFactory turns,
    FullSyncRead walk,
    FullSyncFinalizer end,
    FullSyncFailures failures,
    FullSyncSchedule schedule
) : ILocationWork
{
    private readonly DueFullSyncs due = new();

    public Task<(IReadOnlyList<WaitingLocation> Due, long? NextDueAt)> FindDueAsync(
        DbConnection connection,
        long now
    ) => due.FindAsync(connection, now);

    Task ILocationWork.RunAsync(string locationId, Lease lease, CancellationToken cancellationToken) =>
        RunAsync(locationId, lease, cancellationToken);

    /// <param name="lease">The lease of the location's shard.</param>
    /// <returns>False where nothing was to be read, or Apple is not to be asked.</returns>
    /// <exception cref="LocationClosedException">The location was removed.</exception>
    public async Task<bool> RunAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        if (await BeginAsync(locationId, lease, cancellationToken) is not var (turn, fullSync))
        {
            return false;
        }

        await StepAsync(turn, fullSync);
        await turn.WriteAsync(transaction =>
            FullSyncStore.HoldBackAsync(transaction, locationId, schedule.NextRequest)
        );
        return true;
    }

    private async Task<(RefetchContext Turn, FullSyncState FullSyncState)?> BeginAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var fullSyncs = await FullSyncStore.ReadAsync(connection, locationId);
        if (fullSyncs.Count == 0)
        {
            fullSyncs = await CreateAsync(locationId, lease, cancellationToken);
        }

        var first = fullSyncs
            .Where(fullSync => fullSync.DueAt <= schedule.Now)
            .OrderByDescending(fullSync => fullSync.IsImport)
            .ThenBy(fullSync => fullSync.DueAt)
            .FirstOrDefault();
        return
            first is not null
            && await turns.BeginAsync(connection, locationId, lease, first.Cause, cancellationToken) is { } turn
            ? (turn, first)
            : null;
    }

    private Task<IReadOnlyList<FullSyncState>> CreateAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await RefetchContext.EnsureLocationAsync(transaction, locationId);
                return await FullSyncStore.CreateAsync(transaction, locationId, schedule.Now);
            },
            cancellationToken
        );

    private async Task StepAsync(RefetchContext turn, FullSyncState fullSync)
    {
        try
        {
            var after =
                fullSync.Phase is FullSyncPhases.Verifying or FullSyncPhases.Counting
                    ? await end.GoOnAsync(turn, fullSync)
                : fullSync.Phase == FullSyncPhases.Settling ? fullSync
                : await walk.ReadPageAsync(turn, fullSync);
            if (after.Phase == FullSyncPhases.Settling)
            {
                await end.SettleAsync(turn, after);
            }
        }
        catch (AppleException fault)
        {
            await failures.NoteAsync(turn, fullSync, fault);
        }
        catch (LocationClosedException)
        {
            // It goes on when the location comes back.
        }
        // A kind of records that fails must not block the other kinds.
        catch (Exception exception) when (!RefetchContext.IsEndedBy(exception))
        {
            await failures.NoteAsync(turn, fullSync, exception);
        }
    }
}
