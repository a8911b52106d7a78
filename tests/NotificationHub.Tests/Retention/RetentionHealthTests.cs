using NotificationHub.Retention;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Retention;

public sealed class RetentionHealthTests : IAsyncLifetime
{
    private MeterReadings readings = null!;
    private TestDatabase store = null!;
    private RetentionScene scene = null!;

    public async ValueTask InitializeAsync()
    {
        store = await TestDatabase.OpenAsync(RetentionScene.Configure);
        scene = new RetentionScene(store, RetentionScene.Bus);
        readings = new MeterReadings(store.Meters);
    }

    public async ValueTask DisposeAsync()
    {
        scene.Dispose();
        readings.Dispose();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Overdue_rows_are_reported_with_what_needs_them()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 3);
        scene.Pass(days: 20);
        await scene.RunAsync();

        var held = await scene.ReadStageAsync();
        held.Backlog.ShouldBe(2);
        held.Error.ShouldBe("publishing:assets still needs them");
        held.OldestAge(scene.Clock.GetUtcNow()).ShouldBe(TimeSpan.FromDays(6));

        await scene.SetPublishedAsync("assets", 5);
        await scene.RunAsync();
        var free = await scene.ReadStageAsync();
        free.Backlog.ShouldBe(0);
        free.ProgressMarker.ShouldNotBe(held.ProgressMarker);
    }

    [Fact]
    public async Task Nothing_is_overdue_because_a_clock_has_jumped()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 5);
        await scene.RunAsync();

        scene.Clock.SetWall(TimeSpan.FromDays(100));

        var stage = await scene.ReadStageAsync();
        (stage.Backlog, stage.OldestPendingAt).ShouldBe((0, null));
    }

    [Fact]
    public async Task Deleted_rows_are_counted_and_the_oldest_age_is_measured()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 5);
        scene.Pass(days: 15);
        await scene.RouteAsync(1);
        await scene.RunAsync();

        readings.Sums("notificationhub.retention.deleted").ShouldBe([("events", 5d)]);
        readings.Of("notificationhub.retention.oldest_age", "events")[^1].ShouldBe(0);
        readings
            .Of("notificationhub.retention.oldest_age", "notifications")[^1]
            .ShouldBe(TimeSpan.FromDays(15).TotalSeconds);
    }

    [Fact]
    public async Task A_replica_that_lost_the_lease_deletes_nothing()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 5);
        scene.Pass(days: 100);
        await scene.LoseLeaseAsync();

        await Should.ThrowAsync<LeaseLostException>(scene.RunAsync);

        (await scene.EventsAsync()).Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_transaction_takes_as_many_rows_as_it_can_in_time()
    {
        var batch = BatchSize.ForEngine(StorageOptions.Sqlite);
        var first = batch.Rows;

        (await batch.RunAsync(rows => Task.FromResult((rows, TimeSpan.FromMilliseconds(0.5))))).ShouldBe(first);
        batch.Rows.ShouldBe(2 * first);
        await batch.RunAsync(_ => Task.FromResult((1, TimeSpan.FromMilliseconds(0.5))));
        batch.Rows.ShouldBe(2 * first);
        for (var i = 0; i < 20; i++)
        {
            await batch.RunAsync(rows => Task.FromResult((rows, TimeSpan.FromMilliseconds(50))));
        }

        batch.Rows.ShouldBe(10);
    }

    [Fact]
    public async Task On_SQL_Server_a_pass_has_many_transactions_and_round_trips_do_not_shrink_them()
    {
        var batch = BatchSize.ForEngine(StorageOptions.SqlServer);
        List<int> taken = [];
        (int, TimeSpan) Take(int rows, double milliseconds)
        {
            taken.Add(rows);
            return (rows, TimeSpan.FromMilliseconds(milliseconds));
        }

        await batch.RunAsync(rows => Task.FromResult(Take(rows, 10)));
        taken.Count.ShouldBe(100);
        taken[^1].ShouldBe(1_000);
        taken.Clear();
        await batch.RunAsync(rows => Task.FromResult(Take(rows, 30)));
        taken.ShouldAllBe(rows => rows == 1_000);
        for (var i = 0; i < 20; i++)
        {
            await batch.RunAsync(rows => Task.FromResult(Take(rows, 200)));
        }

        batch.Rows.ShouldBe(100);
        taken.Clear();
        (
            await batch.RunAsync(rows => Task.FromResult(Take(rows, 10) with { Item1 = taken.Count < 3 ? rows : 7 }))
        ).ShouldBe(100 + 200 + 7);
    }
}
