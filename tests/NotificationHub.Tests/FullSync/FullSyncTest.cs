using NotificationHub.FullSync;
using NotificationHub.Snapshots;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.FullSync;

/// <summary>A location with pages of three records, and its full syncs.</summary>
public abstract class FullSyncTest : RefetchTest
{
    private FullSyncPass? fullSyncs;

    private protected override int PageSize => 3;

    private protected FullSyncPass FullSyncs => fullSyncs ??= CreateFullSyncs();

    /// <summary>Another process takes over, with only the database.</summary>
    private protected async Task RestartAsync()
    {
        await Store.ExecuteAsync("update lease set owner = null, expires_at = 0");
        Held = await AcquireAsync();
        fullSyncs = CreateFullSyncs();
    }

    /// <summary>One slot of a full sync, when it is due.</summary>
    private protected async Task RunFullSyncSlotAsync()
    {
        var due = await Store.ScalarAsync<long?>(
            "select max(min(s.due_at), coalesce(max(l.paused_until), 0)) from full_sync s join location l on l.location_id = s.location_id"
        );
        if (due > Clock.Milliseconds)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(due.Value - Clock.Milliseconds));
        }

        await FullSyncs.RunAsync(LocationId, Held, CancellationToken.None);
    }

    private protected async Task ImportAsync()
    {
        for (var slots = 0; await ImportedKindsAsync() < RecordKind.All.Count; slots++)
        {
            slots.ShouldBeLessThan(500, "the import does not end");
            await RunFullSyncSlotAsync();
        }
    }

    /// <summary>Schedules one full sync of these kinds, from now on.</summary>
    private protected async Task ReconcileAsync(params RecordKind[] kinds)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Store.ExecuteAsync("update full_sync set due_at = null");
        await Store.Database.WriteAsync(
            transaction =>
                FullSyncStore.RequestAsync(
                    transaction,
                    LocationId,
                    [.. kinds.Select(kind => kind.Name)],
                    Clock.GetUtcNow()
                ),
            CancellationToken.None
        );
        var began = Clock.Milliseconds;
        for (var slots = 0; await FinishedSinceAsync(began) < kinds.Length; slots++)
        {
            slots.ShouldBeLessThan(500, "the reconciliation does not end");
            await RunFullSyncSlotAsync();
        }
    }

    private protected Task<int> ImportedKindsAsync() =>
        Store.ScalarAsync<int>("select count(*) from full_sync where imported_at is not null");

    private Task<int> FinishedSinceAsync(long began) =>
        Store.ScalarAsync<int>("select count(*) from full_sync where finished_at >= @began", new { began });
}
