using NotificationHub.OperationTracking;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.OperationTracking;

public sealed class OperationPruningTests : OperationTest
{
    private protected override Database Wrap(Database database) => new InterferingDatabase(database);

    [Fact]
    public async Task Ended_operations_are_kept_for_the_period_and_deferred_ones_longer()
    {
        Location.AddAsset("1", total: 2);
        var ended = Associate(["1"], Devices(5));
        await AnnounceAsync(ended, tasks: 5);
        await DeliverAsync(await NotificationsAsync());
        await Passes.RunAsync();
        await AnnounceAsync("deferred", deferred: true);
        await AnnounceAsync("silent");

        Clock.Advance(TimeSpan.FromDays(29));
        (await Passes.PruneAsync()).ShouldBe(0);
        await AnnounceAsync("young");
        Clock.Advance(TimeSpan.FromDays(1));
        (await Passes.PruneAsync()).ShouldBe(2);

        (await Store.QueryAsync<string>("select event_id from operation order by 1")).ShouldBe(["deferred", "young"]);
        (await Store.ScalarAsync<long>("select count(*) from operation_notification")).ShouldBe(0);
    }

    [Fact]
    public async Task The_period_is_configurable()
    {
        Passes = await RestartAsync(TimeSpan.FromHours(2));
        await AnnounceAsync("silent");
        Clock.Advance(TimeSpan.FromHours(2));

        (await Passes.PruneAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_clock_jump_deletes_nothing()
    {
        await AnnounceAsync("silent");
        await Passes.PruneAsync();

        Clock.SetWall(TimeSpan.FromDays(31));

        (await Passes.PruneAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_operation_with_a_future_time_ages_from_its_detection()
    {
        Clock.SetWall(TimeSpan.FromDays(3650));
        await AnnounceAsync("ahead");
        Clock.SetWall(-TimeSpan.FromDays(3650));
        (await Passes.PruneAsync()).ShouldBe(0);

        Clock.Advance(TimeSpan.FromDays(31));

        (await Passes.PruneAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task An_operation_notified_during_pruning_is_kept()
    {
        await AnnounceAsync("silent");
        Clock.Advance(TimeSpan.FromDays(40));
        // This saves the trusted time, so that the next write is the delete.
        await Passes.Clock.ReadAsync(CancellationToken.None);
        ((InterferingDatabase)Store.Database).BeforeNextWrite($"update operation set last_notification_at = {Now}");

        (await Passes.PruneAsync()).ShouldBe(0);
        (await Store.ScalarAsync<long>("select count(*) from operation")).ShouldBe(1);
    }

    private async Task<OperationPasses> RestartAsync(TimeSpan keepFor)
    {
        await Store.ExecuteAsync("delete from lease where name = 'operations'");
        return await StartPassesAsync(new OperationTrackingOptions { KeepFor = keepFor });
    }
}
