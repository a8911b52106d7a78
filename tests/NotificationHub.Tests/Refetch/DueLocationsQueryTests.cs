using System.Data.Common;
using Dapper;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Refetch;

/// <summary>The query for due work costs as much as there is due work, and hides none.</summary>
public sealed class DueLocationsQueryTests : IAsyncLifetime
{
    private const long Now = 1_000_000;

    private TestDatabase store = null!;
    private DueLocationsQuery work = null!;

    private static readonly Dictionary<string, Func<DbConnection, string>> Statements = new()
    {
        [nameof(DueLocationsQuery.DueTargets)] = DueLocationsQuery.DueTargets,
        [nameof(DueLocationsQuery.NextTarget)] = DueLocationsQuery.NextTarget,
        ["DueFullSyncs"] = _ => DueFullSyncs.Due,
        ["NextFullSync"] = _ => DueFullSyncs.Next,
    };

    public async ValueTask InitializeAsync()
    {
        store = await TestDatabase.OpenAsync();
        work = new DueLocationsQuery(store.Database, new FullSyncWork());
    }

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    // The statements are files, which cannot use the constant.
    [Theory]
    [InlineData("Sqlite")]
    [InlineData("SqlServer")]
    public void The_statement_for_pending_locations_has_the_condition_of_callable_locations(string engine)
    {
        var path = Path.Combine("src", "NotificationHub", "Storage", engine, "Statements", "PendingLocations.sql");

        File.ReadAllText(Path.Combine(EventFiles.Root, path)).ShouldContain(LocationStates.Callable, Case.Sensitive);
    }

    [Theory]
    [InlineData(nameof(DueLocationsQuery.DueTargets), "refetch_target_next (due_at<?)")]
    [InlineData(nameof(DueLocationsQuery.NextTarget), "refetch_target_next (due_at>?)")]
    [InlineData("DueFullSyncs", "full_sync_next (due_at<?)")]
    [InlineData("NextFullSync", "full_sync_next (due_at>?)")]
    public async Task Due_work_is_found_by_an_index(string statement, string index)
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var plan = await connection.QueryAsync<(long, long, long, string Detail)>(
            $"explain query plan {Statements[statement](connection)}",
            new { now = Now, DueLocationsQuery.MaxTargets }
        );

        var steps = plan.Select(step => step.Detail).ToList();
        steps.ShouldContain(
            step => step.EndsWith($"INDEX {index}", StringComparison.Ordinal),
            string.Join('\n', steps)
        );
        steps.ShouldNotContain(step => step.StartsWith("SCAN l", StringComparison.Ordinal));
        steps.ShouldNotContain("USE TEMP B-TREE FOR ORDER BY");
    }

    [Fact]
    public async Task Due_locations_come_in_order_and_the_next_due_time_is_returned()
    {
        await AddLocationAsync("late");
        await AddLocationAsync("early");
        await AddLocationAsync("paused", pausedUntil: Now + 50);
        await AddLocationAsync("idle");
        await AddTargetsAsync("late", 1, Now);
        await AddTargetsAsync("early", 2, Now - 5);
        await AddTargetsAsync("paused", 1, Now - 9);
        await AddTargetsAsync("idle", 1, Now + 60);

        var due = await ReadAsync(fullSyncs: false);

        due.Due.ShouldBe(["early", "late"]);
        due.NextDueAt.ShouldBe(At(Now + 50));
    }

    [Theory]
    [InlineData(DueLocationsQuery.MaxTargets - 1)]
    [InlineData(DueLocationsQuery.MaxTargets)]
    [InlineData(DueLocationsQuery.MaxTargets + 1)]
    public async Task Targets_without_a_content_token_do_not_hide_others(int targets)
    {
        await AddLocationAsync("dead", state: "revoked");
        await AddLocationAsync("well");
        await AddTargetsAsync("dead", targets, dueAt: 1);
        await AddTargetsAsync("well", 1, Now - 1);

        (await ReadAsync(fullSyncs: false)).Due.ShouldBe(["well"]);
    }

    [Fact]
    public async Task With_too_many_due_targets_only_locations_with_pending_targets_are_searched()
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var plan = await connection.QueryAsync<(long, long, long, string Detail)>(
            $"explain query plan {store.Database.Sql("PendingLocations")}"
        );

        var steps = plan.Select(step => step.Detail).ToList();
        steps
            .Count(step =>
                step.StartsWith("SEARCH t USING INDEX refetch_target_due (location_id", StringComparison.Ordinal)
            )
            .ShouldBe(2, string.Join('\n', steps));
        steps.Count(step => step.StartsWith("SEARCH l ", StringComparison.Ordinal)).ShouldBe(1);
        steps.ShouldNotContain(step => step.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_any_number_of_due_targets_each_location_is_found_with_its_first()
    {
        await AddLocationAsync("b-dead", state: "revoked");
        await AddLocationAsync("a-late");
        await AddLocationAsync("c-early");
        await AddLocationAsync("d-idle");
        await AddTargetsAsync("b-dead", DueLocationsQuery.MaxTargets, dueAt: 1);
        await AddTargetsAsync("a-late", 2, Now - 1);
        await AddTargetsAsync("c-early", 1, Now - 7);
        await AddTargetsAsync("d-idle", 1, Now + 60);

        var due = await ReadAsync(fullSyncs: false);

        due.Due.ShouldBe(["c-early", "a-late"]);
        due.NextDueAt.ShouldBe(At(Now + 60));
    }

    [Fact]
    public async Task Full_syncs_without_a_content_token_do_not_hide_others()
    {
        string[] kinds = ["asset", "assignment", "user", "subscription", "subscription-assignment"];
        for (var i = 0; i <= DueLocationsQuery.MaxTargets / kinds.Length; i++)
        {
            await AddLocationAsync($"dead-{i}", state: "expired");
            await AddFullSyncsAsync($"dead-{i}", kinds, dueAt: 1);
        }

        await AddLocationAsync("well");
        await AddFullSyncsAsync("well", kinds, Now);

        (await ReadAsync(fullSyncs: true)).FullSyncs.ShouldBe(["well"]);
    }

    private Task AddFullSyncsAsync(string locationId, IEnumerable<string> kinds, long dueAt) =>
        store.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into full_sync
                        (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
                    values (@locationId, @kind, 'reconcile', 'waiting', @dueAt, 1, 0, 0, 0, 0, 0, 0)
                    """,
                    kinds.Select(kind => new
                    {
                        locationId,
                        kind,
                        dueAt,
                    })
                ),
            CancellationToken.None
        );

    [Fact]
    public async Task A_new_location_without_a_full_sync_is_found()
    {
        await AddLocationAsync("known");
        await store.ExecuteAsync(
            """
            insert into full_sync
                (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
            values ('known', 'asset', 'reconcile', 'waiting', @dueAt, 1, 0, 0, 0, 0, 0, 0)
            """,
            new { dueAt = Now + 70 }
        );
        var before = await ReadAsync(fullSyncs: true);
        await AddLocationAsync("new");
        await store.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");

        before.FullSyncs.ShouldBeEmpty();
        before.NextDueAt.ShouldBe(At(Now + 70));
        (await ReadAsync(fullSyncs: true)).FullSyncs.ShouldBe(["new"]);
        (await ReadAsync(fullSyncs: true, now: Now + 70)).FullSyncs.ShouldBe(["new", "known"]);
        (await ReadAsync(fullSyncs: false)).FullSyncs.ShouldBeEmpty();
    }

    private Task<DueLocations> ReadAsync(bool fullSyncs, long now = Now) =>
        work.ReadAsync([.. Enumerable.Range(0, RefetchTargets.Shards)], fullSyncs, At(now), CancellationToken.None);

    private Task AddLocationAsync(string id, string state = "valid", long? pausedUntil = null) =>
        store.ExecuteAsync(
            """
            insert into location
                (location_id, state, state_since, receive_only, content_token, paused_until, read_number, created_at)
            values (@id, @state, 0, 0, x'00', @pausedUntil, 0, 0)
            """,
            new
            {
                id,
                state,
                pausedUntil,
            }
        );

    private Task AddTargetsAsync(string locationId, int count, long dueAt) =>
        store.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into refetch_target
                        (location_id, kind, "key", requested, fetched, first_requested_at, last_requested_at, due_at, max_wait, attempts)
                    values (@locationId, 'asset', @key, 1, 0, 0, 0, @dueAt, 0, 0)
                    """,
                    Enumerable
                        .Range(0, count)
                        .Select(n => new
                        {
                            locationId,
                            key = $"{n}/STDQ",
                            dueAt,
                        })
                ),
            CancellationToken.None
        );

    private sealed class FullSyncWork : ILocationWork
    {
        public bool IsEnabled => true;

        private readonly DueFullSyncs due = new();

        public Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindDueAsync(
            DbConnection connection,
            DateTimeOffset now
        ) => due.FindAsync(connection, now);

        public Task RunAsync(string locationId, Lease lease, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
