using NotificationHub.Health;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

/// <summary>What counts as waiting, and since when, by the rows alone.</summary>
public sealed class ReadingStagesTests : IAsyncLifetime
{
    private const int GivenUp = 5;

    private static readonly TimeSpan StallThreshold = TimeSpan.FromMinutes(5);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    private TestDatabase store = null!;

    public async ValueTask InitializeAsync() => store = await TestDatabase.OpenAsync();

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_read_waits_from_when_it_is_due_and_one_that_fails_from_when_it_was_asked_for()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: 10, askedAgo: 90);
        await AddTargetAsync("a", "2", dueAgo: -10, askedAgo: 95);
        (await ReadTargetsAsync()).OldestAt.ShouldBe(Ago(10));

        await AddTargetAsync("a", "3", dueAgo: -10, askedAgo: 40, attempts: 2);

        var reading = await ReadTargetsAsync();
        (reading.Behind, reading.Failing, reading.Fault).ShouldBe((2, 1, "no network"));
        reading.OldestAt.ShouldBe(Ago(40));
        reading.MovedAt.ShouldBeNull();
    }

    [Fact]
    public async Task What_waits_for_long_tells_when_anything_was_last_read()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: 301, askedAgo: 301);
        await AddTargetAsync("a", "2", dueAgo: 500, askedAgo: 500, readAgo: 20);

        (await ReadTargetsAsync()).MovedAt.ShouldBe(Ago(20));
    }

    [Fact]
    public async Task What_Apple_refuses_for_good_keeps_nothing_waiting_unless_Apple_answers_nobody()
    {
        await AddLocationAsync("a");
        await AddTargetAsync("a", "1", dueAgo: -3000, askedAgo: 4000, attempts: GivenUp);
        var refused = await ReadTargetsAsync();
        await store.ExecuteAsync("update location set paused_until = @until", new { until = Milliseconds(Ago(60)) });
        var unanswered = await ReadTargetsAsync();

        (refused.Behind, refused.Failing, refused.OldestAt).ShouldBe((0, 1, null));
        (unanswered.Behind, unanswered.OldestAt).ShouldBe((1, Ago(4000)));
    }

    [Theory]
    [InlineData("revoked", 0)]
    [InlineData("pending", 0)]
    [InlineData("removed", 0)]
    [InlineData("expiring", 1)]
    public async Task Where_Apple_may_not_be_called_nothing_waits(string state, int waiting)
    {
        await AddLocationAsync("a", state);
        await AddTargetAsync("a", "1", dueAgo: 10, askedAgo: 90);
        await AddFullSyncAsync("a", dueAgo: 10);
        await AddOperationAsync("a", dueAgo: 10);
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);

        (await ReadTargetsAsync()).Behind.ShouldBe(waiting);
        (await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold)).Behind.ShouldBe(waiting);
        (await ReadingStages.ReadOperationsAsync(connection, Now)).Behind.ShouldBe(waiting);
        (await ReadingStages.ReadWatchAsync(connection, Now)).Behind.ShouldBe(waiting);
    }

    [Fact]
    public async Task Each_page_of_a_full_sync_is_progress()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: 10);
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var before = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);
        var same = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);
        await store.ExecuteAsync("update full_sync set pages = pages + 1, due_at = due_at + 1000");
        var after = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);

        before.OldestAt.ShouldBe(Ago(10));
        same.Progress.ShouldBe(before.Progress);
        after.Progress.ShouldNotBe(before.Progress);
    }

    [Fact]
    public async Task A_full_sync_that_waits_because_other_calls_failed_says_so()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: 10);
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var before = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);
        await store.ExecuteAsync("update location set paused_until = @until", new { until = Milliseconds(Now) + 1 });
        var paused = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);

        before.Fault.ShouldBeNull();
        (paused.Behind, paused.Failing).ShouldBe((1, 0));
        paused.Fault.ShouldNotBeNull().ShouldContain("let alone");
    }

    [Fact]
    public async Task A_full_sync_that_Apple_refuses_for_good_keeps_nothing_waiting()
    {
        await AddLocationAsync("a");
        await AddFullSyncAsync("a", dueAgo: -10);
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        await store.ExecuteAsync("update full_sync set attempts = 4, last_error = 'no network'");
        var tried = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);
        await store.ExecuteAsync("update full_sync set attempts = 5");
        var refused = await ReadingStages.ReadFullSyncsAsync(connection, GivenUp, Now, StallThreshold);

        (tried.Behind, tried.Failing, tried.Fault).ShouldBe((1, 1, "no network"));
        (refused.Behind, refused.Failing).ShouldBe((0, 1));
    }

    [Fact]
    public async Task Operations_wait_when_Apple_is_to_be_asked_or_all_was_heard()
    {
        await AddLocationAsync("a");
        await AddOperationAsync("a", dueAgo: -10);
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        var none = await ReadingStages.ReadOperationsAsync(connection, Now);
        await AddOperationAsync("a", dueAgo: 30, id: "e-2");
        await store.ExecuteAsync("update operation set counted = 1 where event_id = 'e-1'");
        var two = await ReadingStages.ReadOperationsAsync(connection, Now);

        none.Behind.ShouldBe(0);
        (two.Behind, two.OldestAt).ShouldBe((2, Ago(30)));
        two.Progress.ShouldNotBe(none.Progress);
    }

    private static DateTimeOffset Ago(int seconds) => Now - TimeSpan.FromSeconds(seconds);

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private async Task<StageReading> ReadTargetsAsync()
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        return await ReadingStages.ReadTargetsAsync(connection, GivenUp, Now, StallThreshold);
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
        int askedAgo,
        int attempts = 0,
        int? readAgo = null
    ) =>
        store.ExecuteAsync(
            """
            insert into refetch_target
                (location_id, resource, key, requested, fetched, first_requested_at, last_requested_at, due_at, max_wait, attempts,
                last_error, read_at)
            values (@location, 'asset', @key, 1, @fetched, @asked, @asked, @due, 0, @attempts, @fault, @read)
            """,
            new
            {
                location,
                key,
                fetched = readAgo is null ? 0 : 1,
                asked = Milliseconds(Ago(askedAgo)),
                due = Milliseconds(Ago(dueAgo)),
                attempts,
                fault = attempts > 0 ? "no network" : null,
                read = readAgo is { } ago ? Milliseconds(Ago(ago)) : (long?)null,
            }
        );

    private Task AddFullSyncAsync(string location, int dueAgo) =>
        store.ExecuteAsync(
            """
            insert into full_sync
                (location_id, resource, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
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
