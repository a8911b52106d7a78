using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Refetch;

/// <summary>A pause covers all targets of the location and survives a restart.</summary>
public sealed class RefetchPauseTests : RefetchTest
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task A_pause_survives_a_restart_and_covers_new_targets()
    {
        await PauseAsync();
        var pausedAt = Clock.GetUtcNow();
        await RequestAsync(Asset("3"));
        Clock.Advance(TimeSpan.FromSeconds(60));

        (await DueAsync()).Due.ShouldBeEmpty();
        (await CreatePass(Clock).ReadDueAsync(LocationId, Held, CancellationToken.None)).ShouldBe(0);
        Apple.Requests.Count("/assets").ShouldBe(1);
        (await DueAsync()).NextDueAt!.Value.ShouldBeGreaterThanOrEqualTo(
            pausedAt + RetryAfter - TimeSpan.FromMilliseconds(1)
        );
        await DrainAsync();
        (await EventsAsync(EventNames.AssetChanged)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_pause_leaves_unread_targets_unchanged()
    {
        const string others = "select sum(due_at) from refetch_target where key = '2/STDQ'";
        await RequestAsync(Asset("2"));
        var before = await Store.ScalarAsync<long>(others);
        await PauseAsync();

        (await Store.ScalarAsync<long>(others)).ShouldBe(before);
    }

    [Fact]
    public async Task Pending_targets_are_counted_at_most_every_ten_seconds()
    {
        await RequestAsync(Asset("1"), Asset("2"));
        var pending = new PendingTargetCount(Store.Database, Clock);

        (await pending.CountAsync(CancellationToken.None)).ShouldBe(2);
        Clock.Advance(TimeSpan.FromSeconds(9));
        (await pending.CountAsync(CancellationToken.None)).ShouldBeNull();
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await pending.CountAsync(CancellationToken.None)).ShouldBe(2);
    }

    /// <summary>Apple rejects the read of asset 1 with a Retry-After.</summary>
    private async Task PauseAsync()
    {
        Location.AddAsset("1");
        Location.AddAsset("3");
        await RequestAsync(Asset("1"));
        await Store.ExecuteAsync("update refetch_target set due_at = 1 where key = '1/STDQ'");
        Apple.Faults.Next("/assets", Fault.Unavailable(RetryAfter));
        await Pass.ReadDueAsync(LocationId, Held, CancellationToken.None);
    }

    private Task<DueLocations> DueAsync() =>
        new DueLocationsQuery(Store.Database, CreateFullSyncs()).ReadAsync(
            [RefetchTargets.GetShard(LocationId)],
            fullSyncs: false,
            Clock.GetUtcNow(),
            CancellationToken.None
        );
}
