using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Health;
using NotificationHub.Locations.Monitoring;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

/// <summary>The backlog of the stages that read from Apple, and its age.</summary>
public sealed class StageStatusTests : IAsyncLifetime
{
    private static readonly int MaxAttempts = new RefetchOptions().MaxAttempts;

    private static readonly TimeSpan StallThreshold = TimeSpan.FromMinutes(5);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    private TestDatabase store = null!;

    public async ValueTask InitializeAsync() => store = await TestDatabase.OpenAsync();

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_target_is_pending_since_its_due_time_or_since_its_request_if_it_failed()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: 10, requestedAgo: 90);
        await AddTargetAsync("a", "2", dueAgo: -10, requestedAgo: 95);
        (await ReadTargetsAsync()).OldestPendingAt.ShouldBe(Ago(10));

        await AddTargetAsync("a", "3", dueAgo: -10, requestedAgo: 40, attempts: 2);

        var reading = await ReadTargetsAsync();
        (reading.Backlog, reading.Retrying, reading.Error).ShouldBe((2, 1, "no network"));
        reading.OldestPendingAt.ShouldBe(Ago(40));
        reading.LastProgressAt.ShouldBeNull();
    }

    [Fact]
    public async Task The_last_read_is_reported_if_a_target_has_been_pending_for_long()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: 301, requestedAgo: 301);
        await AddTargetAsync("a", "2", dueAgo: 500, requestedAgo: 500, readAgo: 20);

        (await ReadTargetsAsync()).LastProgressAt.ShouldBe(Ago(20));
    }

    [Fact]
    public async Task A_target_that_Apple_keeps_rejecting_is_not_backlog_unless_the_location_is_paused()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: -3000, requestedAgo: 4000, attempts: MaxAttempts);
        var refused = await ReadTargetsAsync();
        await store.ExecuteAsync("update location set paused_until = @until", new { until = Milliseconds(Ago(60)) });
        var unanswered = await ReadTargetsAsync();

        (refused.Backlog, refused.Retrying, refused.OldestPendingAt).ShouldBe((0, 1, null));
        (unanswered.Backlog, unanswered.OldestPendingAt).ShouldBe((1, Ago(4000)));
    }

    [Theory]
    [InlineData("revoked", 0)]
    [InlineData("pending", 0)]
    [InlineData("removed", 0)]
    [InlineData("expiring", 1)]
    public async Task A_location_for_which_Apple_must_not_be_called_has_no_backlog(string state, int waiting)
    {
        await AddLocationAsync("a", state);
        await AddTargetAsync("a", "1", dueAgo: 10, requestedAgo: 90);
        await AddFullSyncAsync("a", dueAgo: 10);
        await AddOperationAsync("a", dueAgo: 10);

        (await ReadTargetsAsync()).Backlog.ShouldBe(waiting);
        (await ReadFullSyncsAsync()).Backlog.ShouldBe(waiting);
        (await ReadAsync(new OperationTrackingStatus())).Backlog.ShouldBe(waiting);
        (await ReadAsync(new LocationHealth(null!))).Backlog.ShouldBe(waiting);
    }

    [Fact]
    public async Task Each_page_of_a_full_sync_is_progress()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: 10);
        var before = await ReadFullSyncsAsync();
        var same = await ReadFullSyncsAsync();
        await store.ExecuteAsync("update full_sync set pages = pages + 1, due_at = due_at + 1000");
        var after = await ReadFullSyncsAsync();

        before.OldestPendingAt.ShouldBe(Ago(10));
        same.ProgressMarker.ShouldBe(before.ProgressMarker);
        after.ProgressMarker.ShouldNotBe(before.ProgressMarker);
    }

    [Fact]
    public async Task A_full_sync_of_a_paused_location_reports_the_pause()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: 10);
        var before = await ReadFullSyncsAsync();
        await store.ExecuteAsync("update location set paused_until = @until", new { until = Milliseconds(Now) + 1 });
        var paused = await ReadFullSyncsAsync();

        before.Error.ShouldBeNull();
        (paused.Backlog, paused.Retrying).ShouldBe((1, 0));
        paused.Error.ShouldNotBeNull().ShouldContain("paused");
    }

    [Fact]
    public async Task A_full_sync_that_Apple_keeps_rejecting_is_not_backlog()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: -10);
        await store.ExecuteAsync("update full_sync set attempts = 4, last_error = 'no network'");
        var tried = await ReadFullSyncsAsync();
        await store.ExecuteAsync("update full_sync set attempts = 5");
        var refused = await ReadFullSyncsAsync();

        (tried.Backlog, tried.Retrying, tried.Error).ShouldBe((1, 1, "no network"));
        (refused.Backlog, refused.Retrying).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Operations_are_pending_when_a_poll_is_due_or_all_tasks_were_reported()
    {
        await AddLocationAsync("a");
        await AddOperationAsync("a", dueAgo: -10);
        var none = await ReadAsync(new OperationTrackingStatus());
        await AddOperationAsync("a", dueAgo: 30, id: "e-2");
        await store.ExecuteAsync("update operation set counted = 1 where event_id = 'e-1'");
        var two = await ReadAsync(new OperationTrackingStatus());

        none.Backlog.ShouldBe(0);
        (two.Backlog, two.OldestPendingAt).ShouldBe((2, Ago(30)));
        two.ProgressMarker.ShouldNotBe(none.ProgressMarker);
    }

    private static DateTimeOffset Ago(int seconds) => Now - TimeSpan.FromSeconds(seconds);

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private Task<StageStatus> ReadTargetsAsync() => ReadAsync(new RefetchStatus(Options.Create(new RefetchOptions())));

    private Task<StageStatus> ReadFullSyncsAsync() =>
        ReadAsync(new FullSyncStatus(Options.Create(new FullSyncOptions()), Options.Create(new RefetchOptions())));

    private async Task<StageStatus> ReadAsync(IStageStatus stage)
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var query = new StageStatusQuery(connection, Now, StallThreshold);
        return (await stage.ReadAsync(query, CancellationToken.None)).Single();
    }

    private Task AddLocationAsync(string id, string state = "valid") =>
        store.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, content_token, read_number, created_at)
            values (@id, @state, 0, 0, x'00', 0, 0)
            """,
            new { id, state }
        );

    private Task AddTargetAsync(
        string location,
        string key,
        int dueAgo,
        int requestedAgo,
        int attempts = 0,
        int? readAgo = null
    ) =>
        store.ExecuteAsync(
            """
            insert into refetch_target
                (location_id, kind, key, requested, fetched, first_requested_at, last_requested_at, due_at, max_wait, attempts,
                last_error, read_at)
            values (@location, 'asset', @key, 1, @fetched, @requested, @requested, @due, 0, @attempts, @error, @read)
            """,
            new
            {
                location,
                key,
                fetched = readAgo is null ? 0 : 1,
                requested = Milliseconds(Ago(requestedAgo)),
                due = Milliseconds(Ago(dueAgo)),
                attempts,
                error = attempts > 0 ? "no network" : null,
                read = readAgo is { } ago ? Milliseconds(Ago(ago)) : (long?)null,
            }
        );

    private Task AddFullSyncAsync(string location, int dueAgo) =>
        store.ExecuteAsync(
            """
            insert into full_sync
                (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
            values (@location, 'asset', 'import', 'reading', @due, 1, 0, 0, 0, 0, 0, 0)
            """,
            new { location, due = Milliseconds(Ago(dueAgo)) }
        );

    private Task AddOperationAsync(string location, int dueAgo, string id = "e-1") =>
        store.ExecuteAsync(
            """
            insert into operation
                (event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls)
            values (@id, @location, 'running', 0, 0, 0, 0, 0, 0, @due, 0)
            """,
            new
            {
                id,
                location,
                due = Milliseconds(Ago(dueAgo)),
            }
        );
}
