using NotificationHub.Events;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Routing;

public sealed class RerouteTests
{
    [Fact]
    public async Task A_quarantined_notification_is_routed_as_if_it_had_been_accepted()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.Rerouted);
        outcome.Events.ShouldBe([EventNames.AssetCountNotified]);
        (await hub.EventTypesAsync()).ShouldBe([EventNames.AssetCountNotified]);
        (await hub.Test.ScalarAsync<string>("select key from refetch_target")).ShouldBe("408709785/STDQ");
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Rerouted);
    }

    [Fact]
    public async Task A_notification_of_a_removed_location_is_not_rerouted()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);
        await hub.Test.ExecuteAsync("update location set state = 'removed'");

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.LocationRemoved);
        (await hub.EventTypesAsync()).ShouldBeEmpty();
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Quarantined);
    }

    [Fact]
    public async Task Rerouting_twice_is_refused()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);
        await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.AlreadyRerouted);
        (await hub.EventTypesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_still_does_not_fit_is_said_with_all_faults_and_changes_nothing()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("USER_MANAGEMENT/everything-wrong.bad.json", Disposition.Unrecognized);

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.StillUnrecognized);
        outcome.Faults.Count.ShouldBe(7);
        (await hub.EventTypesAsync()).ShouldBeEmpty();
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Unrecognized);
    }

    [Fact]
    public async Task Only_what_was_set_aside_can_be_rerouted()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json");

        (await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None)).Result.ShouldBe(
            RerouteResult.NotSetAside
        );
        (await hub.Reroute.RerouteAsync(99, TestActor.Operator, CancellationToken.None)).Result.ShouldBe(
            RerouteResult.NotFound
        );
        (await hub.EventTypesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_rerouted_notification_that_the_pass_has_not_reached_is_not_told_twice()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);
        await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        await hub.NewPass().RouteDueAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([EventNames.AssetCountNotified]);
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Rerouted);
    }
}
