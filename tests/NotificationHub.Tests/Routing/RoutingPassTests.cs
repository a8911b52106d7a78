using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Routing;

public sealed class RoutingPassTests
{
    [Fact]
    public async Task Accepted_notifications_become_events_in_order_and_the_cursor_moves()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        for (var adamId = 1; adamId <= 600; adamId++)
        {
            await hub.PostPurchaseAsync(adamId);
        }

        (await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None)).ShouldBe(600);

        (await hub.RoutedSeqsAsync()).ShouldBe(Enumerable.Range(1, 600).Select(seq => (long)seq));
        (await hub.CursorAsync()).ShouldBe(600);
        (await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None)).ShouldBe(0);
        (await hub.EventTypesAsync()).Count.ShouldBe(600);
    }

    [Fact]
    public async Task A_target_is_requested_once_even_if_several_notifications_name_it()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostAsync("ASSET_COUNT/purchase.json");
        await hub.PostAsync("ASSET_COUNT/adam-id-as-number.json");
        await hub.PostAsync("ASSET_COUNT/without-pricing-param.json");

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        var targets = await hub.Test.QueryAsync<(string, long)>("select key, requested from refetch_target");
        targets.ShouldBe([("408709785/STDQ", 1L)]);
    }

    [Theory]
    [InlineData(9, false)]
    [InlineData(RefetchTargets.MaxHolders, false)]
    [InlineData(RefetchTargets.MaxHolders + 1, true)]
    internal async Task Holders_of_one_asset_are_merged_until_they_become_all_holders(int notifications, bool all)
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        for (var i = 0; i < notifications; i++)
        {
            await hub.PostAsync(RoutingHarness.Association($"n-{i}", serialNumber: $"C02SERIAL{i}"));
        }

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        var holders = await hub.Test.ScalarAsync<string>(
            "select holders from refetch_target where kind = 'assignment'"
        );
        (holders is null ? null : (int?)TargetHolders.Parse(holders).Count).ShouldBe(all ? null : notifications);
    }

    [Fact]
    public async Task An_invalid_notification_is_unrecognized_and_the_others_are_routed()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostPurchaseAsync(1);
        var poison = await hub.PostAsync("ASSET_MANAGEMENT/everything-wrong.bad.json");
        await hub.PostPurchaseAsync(2);

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([
            EventNames.AssetCountNotified,
            EventNames.NotificationUnrecognized,
            EventNames.AssetCountNotified,
        ]);
        (await hub.DispositionAsync(poison)).ShouldBe(Disposition.Unrecognized);
        var error = await hub.Test.ScalarAsync<string>(
            "select error from notification_log where seq = @poison",
            new { poison }
        );
        error!.Split("; ").Length.ShouldBe(10);
    }

    [Fact]
    public async Task A_bug_in_routing_one_notification_does_not_block_later_ones()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        var broken = await hub.PostAsync("TEST_NOTIFICATION/empty.json");
        await hub.PostAsync("UNLIMITED_ASSET/invented.json");
        var routes = NotificationRoutes.All.Where(route => route.Type != NotificationTypes.TestNotification);

        await hub.NewPass([.. routes, new BrokenRoute()]).RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([
            EventNames.NotificationUnrecognized,
            EventNames.AssetUnlimitedNotified,
        ]);
        (await hub.DispositionAsync(broken)).ShouldBe(Disposition.Unrecognized);
        (await hub.CursorAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_transaction_that_fails_at_its_end_commits_no_event_no_target_and_no_cursor()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostPurchaseAsync(1);
        var poison = await hub.PostAsync("ASSET_COUNT/empty.bad.json");
        await hub.Test.ExecuteAsync(
            "create trigger crash before insert on event_log begin select raise(abort, 'crash'); end"
        );

        await Should.ThrowAsync<Exception>(() => hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None));

        (await hub.CursorAsync()).ShouldBe(0);
        (await hub.EventTypesAsync()).ShouldBeEmpty();
        (await hub.Test.ScalarAsync<long>("select count(*) from refetch_target")).ShouldBe(0);
        (await hub.DispositionAsync(poison)).ShouldBe(Disposition.Accepted);

        await hub.Test.ExecuteAsync("drop trigger crash");
        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([EventNames.AssetCountNotified, EventNames.NotificationUnrecognized]);
    }

    [Fact]
    public async Task A_former_owner_of_the_lease_commits_nothing()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostPurchaseAsync(1);
        await hub.Test.ExecuteAsync("update lease set owner = 'another', fencing_token = fencing_token + 1");

        await Should.ThrowAsync<LeaseLostException>(() =>
            hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None)
        );

        lease.Lost.IsCancellationRequested.ShouldBeTrue();
        (await hub.EventTypesAsync()).ShouldBeEmpty();
        (await hub.CursorAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_receive_only_location_is_bound_to_the_first_accepted_uid_and_others_are_quarantined()
    {
        await using var hub = await RoutingHarness.StartAsync(uId: null, contentToken: false);
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostPurchaseAsync(1, uId: "7001");
        var foreign = await hub.PostPurchaseAsync(2, uId: "7002");
        var woken = hub.Database.Signals.LocationsChanged.Next;

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.Test.ScalarAsync<string>("select u_id from location")).ShouldBe("7001");
        (await hub.Test.ScalarAsync<long>("select value from change_counter where name = 'locations'")).ShouldBe(1);
        woken.IsCompleted.ShouldBeTrue();
        (await hub.EventTypesAsync()).ShouldBe([EventNames.AssetCountNotified, EventNames.LocationUidMismatch]);
        (await hub.DispositionAsync(foreign)).ShouldBe(Disposition.Quarantined);
        (await hub.Test.ScalarAsync<long>("select count(*) from refetch_target")).ShouldBe(0);
    }

    [Fact]
    public async Task A_location_does_not_take_the_uId_of_another_location()
    {
        await using var hub = await RoutingHarness.StartAsync(uId: null, contentToken: false);
        await hub.AddLocationAsync("location-2", "7001", contentToken: false);
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostPurchaseAsync(1, uId: "7001");

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (
            await hub.Test.ScalarAsync<string>("select u_id from location where location_id = 'location-1'")
        ).ShouldBeNull();
        (await hub.CursorAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Rejected_and_quarantined_notifications_move_the_cursor()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        await hub.PostAsync("UNKNOWN/truncated.bad.json", Disposition.Rejected);
        await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([EventNames.LocationUidMismatch]);
        (await hub.CursorAsync()).ShouldBe(2);
    }

    private sealed class BrokenRoute()
        : NotificationRoute(NotificationTypes.TestNotification, EventNames.NotificationTestReceived)
    {
        public override NotificationDescription Read(JsonMembers envelope, RoutingErrors errors) =>
            throw new InvalidOperationException("a bug");
    }
}
