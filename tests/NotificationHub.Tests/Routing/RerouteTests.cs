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
    public async Task A_notification_cannot_be_rerouted_twice()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);
        await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.AlreadyRerouted);
        (await hub.EventTypesAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_notification_that_is_still_invalid_is_reported_with_all_errors_and_changes_nothing()
    {
        await using var hub = await RoutingHarness.StartAsync();
        var seq = await hub.PostAsync("USER_MANAGEMENT/everything-wrong.bad.json", Disposition.Unrecognized);

        var outcome = await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        outcome.Result.ShouldBe(RerouteResult.StillUnrecognized);
        outcome.Errors.Count.ShouldBe(7);
        (await hub.EventTypesAsync()).ShouldBeEmpty();
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Unrecognized);
    }

    [Fact]
    public async Task An_accepted_notification_cannot_be_rerouted()
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
    public async Task A_notification_rerouted_before_its_pass_is_published_once()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var lease = await hub.TakeLeaseAsync();
        var seq = await hub.PostAsync("ASSET_COUNT/purchase.json", Disposition.Quarantined);
        await hub.Reroute.RerouteAsync(seq, TestActor.Operator, CancellationToken.None);

        await hub.NewPass().RouteNextPageAsync(lease, CancellationToken.None);

        (await hub.EventTypesAsync()).ShouldBe([EventNames.AssetCountNotified]);
        (await hub.DispositionAsync(seq)).ShouldBe(Disposition.Rerouted);
    }
}
