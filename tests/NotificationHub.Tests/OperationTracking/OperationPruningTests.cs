using NotificationHub.OperationTracking;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.OperationTracking;

public sealed class OperationPruningTests : LedgerTest
{
    private protected override Database Wrap(Database database) => new InterferingDatabase(database);

    [Fact]
    public async Task What_ended_is_kept_for_a_time_and_what_is_deferred_for_longer()
    {
        Location.AddAsset("1", total: 2);
        var ended = Associate(["1"], Devices(5));
        await AnnounceAsync(ended, tasks: 5);
        await DeliverAsync(await NotificationsAsync());
        await Ledger.LookAsync();
        await AnnounceAsync("deferred", deferred: true);
        await AnnounceAsync("silent");

        Clock.Advance(TimeSpan.FromDays(29));
        (await Ledger.PruneAsync()).ShouldBe(0);
        await AnnounceAsync("young");
        Clock.Advance(TimeSpan.FromDays(1));
        (await Ledger.PruneAsync()).ShouldBe(2);

        (await Store.QueryAsync<string>("select event_id from operation order by 1")).ShouldBe(["deferred", "young"]);
        (await Store.ScalarAsync<long>("select count(*) from operation_notification")).ShouldBe(0);
    }

    [Fact]
    public async Task The_time_is_a_setting()
    {
        Ledger = await RestartAsync(TimeSpan.FromHours(2));
        await AnnounceAsync("silent");
        Clock.Advance(TimeSpan.FromHours(2));

        (await Ledger.PruneAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_takes_out_nothing()
    {
        await AnnounceAsync("silent");
        await Ledger.PruneAsync();

        Clock.SetWall(TimeSpan.FromDays(31));

        (await Ledger.PruneAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_operation_of_a_clock_that_was_ahead_ages_from_when_that_is_found()
    {
        Clock.SetWall(TimeSpan.FromDays(3650));
        await AnnounceAsync("ahead");
        Clock.SetWall(-TimeSpan.FromDays(3650));
        (await Ledger.PruneAsync()).ShouldBe(0);

        Clock.Advance(TimeSpan.FromDays(31));

        (await Ledger.PruneAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_heard_of_at_that_moment_stays()
    {
        await AnnounceAsync("silent");
        Clock.Advance(TimeSpan.FromDays(40));
        // This saves the trusted time, so that the next write is the delete.
        await Ledger.Clock.ReadAsync(CancellationToken.None);
        ((InterferingDatabase)Store.Database).BeforeNextWrite($"update operation set last_notification_at = {Now}");

        (await Ledger.PruneAsync()).ShouldBe(0);
        (await Store.ScalarAsync<long>("select count(*) from operation")).ShouldBe(1);
    }

    private async Task<Ledger> RestartAsync(TimeSpan keepFor)
    {
        await Store.ExecuteAsync("delete from lease where name = 'operations'");
        return await StartLedgerAsync(new OperationTrackingOptions { KeepFor = keepFor });
    }
}
