using System.Net;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Locations.Removal;

public sealed class LocationRemovalTests
{
    [Fact]
    public async Task A_removal_clears_Client_Config_deletes_the_token_and_stores_late_notifications()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.TakeOver("mdm-7", "The MDM", "since 2019");
        var location = await scene.RegisterAsync();
        var before = scene.Library.Configuration;

        var result = await RemoveAsync(scene, location);

        result.Apple.IsDone.ShouldBeTrue();
        (await scene.EventsAsync(EventNames.LocationRemoved)).ShouldHaveSingleItem();
        (scene.Library.Configuration.NotificationUrl, scene.Library.Configuration.NotificationTypes.Count).ShouldBe(
            (null, 0)
        );
        scene.Library.Configuration.MdmInfo.ShouldBe(before.MdmInfo);
        (result.Location.State, result.Location.ContentToken).ShouldBe((LocationState.Removed, null));
        (await SendLateDeliveryAsync(scene, before)).ShouldBe(HttpStatusCode.OK);
        (
            await scene.ScalarAsync<long>(
                "select disposition from notification_log where seq = (select max(seq) from notification_log)"
            )
        ).ShouldBe(5);
        scene.Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_late_notification_is_not_routed_and_gets_a_401_after_a_day()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var before = scene.Library.Configuration;
        await RemoveAsync(scene, location);
        await SendLateDeliveryAsync(scene, before);
        // A later notification for another location shows that the router has processed it.
        var other = await scene.Hub.AddLocationAsync();
        await other.PostAsync(TestLocation.Notification("after"));
        await Until.TrueAsync(
            async () =>
                (await scene.EventsAsync(EventNames.NotificationTestReceived)).Any(published =>
                    published.LocationId == other.Id
                ),
            "the router has processed the last notification"
        );

        (await scene.EventsAsync(EventNames.NotificationUnrecognized)).ShouldBeEmpty();
        (await scene.EventsAsync(EventNames.AssetCountNotified)).ShouldBeEmpty();
        await AdvanceOneDayAsync(scene);
        (await SendLateDeliveryAsync(scene, before)).ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.ScalarAsync<long>("select count(*) from location_removal")).ShouldBe(0);
        (await scene.LocationsAsync()).ShouldContain(one => one.LocationId == location.LocationId);
    }

    [Fact]
    public async Task A_removed_library_can_be_added_at_once_as_a_new_location()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var first = await scene.RegisterAsync();
        await RemoveAsync(scene, first);

        var second = await scene.RegisterAsync();

        second.LocationId.ShouldNotBe(first.LocationId);
        second.UId.ShouldBe(first.UId);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        (
            await scene.ScalarAsync<long>(
                "select disposition from notification_log where seq = (select max(seq) from notification_log)"
            )
        ).ShouldNotBe((long)Disposition.AfterRemoval);
        var again = await Should.ThrowAsync<LocationException>(() => RemoveAsync(scene, first));
        again.Code.ShouldBe(LocationErrorCode.NotAllowed);
    }

    [Fact]
    public async Task Settings_of_another_server_are_not_cleared()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Library.TakeOver("mdm-9", "Other", "", new Uri("https://elsewhere.example.com/in"), "theirs");
        var theirs = scene.Library.Configuration;

        var result = await RemoveAsync(scene, location);

        result.Location.State.ShouldBe(LocationState.Removed);
        scene.Library.Configuration.ShouldBe(theirs);
    }

    [Fact]
    public async Task If_Apple_refuses_empty_members_only_the_types_are_cleared()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9710));

        var result = await RemoveAsync(scene, location);

        result.Apple.IsDone.ShouldBeTrue();
        scene.Library.Configuration.NotificationTypes.ShouldBeEmpty();
        scene.Library.Configuration.NotificationUrl.ShouldNotBeNull();
        (await RemoveAsync(scene, location, erasure: true)).Apple.IsDone.ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_changes_while_Apple_is_unreachable_unless_Apple_is_skipped()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = _ => true;

        var failure = await Should.ThrowAsync<LocationException>(() => RemoveAsync(scene, location));
        failure.Code.ShouldBe(LocationErrorCode.Refused);
        failure.Message.ShouldContain("--skip-apple");
        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Valid);
        (await scene.ScalarAsync<long>("select count(*) from location_removal")).ShouldBe(0);

        var result = await scene
            .Service<LocationRemoval>()
            .RemoveAsync(new RemoveRequest(location.LocationId, SkipApple: true), CancellationToken.None);
        (result.Location.State, result.Apple.IsDone).ShouldBe((LocationState.Removed, false));
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        (await RemoveAsync(scene, location, erasure: true)).Apple.ShouldBe(result.Apple);
    }

    [Fact]
    public async Task An_interrupted_removal_is_retried_until_Apple_responds()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await using (var process = await OperatorProcess.StartAsync(scene, crashesAt: 4))
        {
            await process.RunAsync<LocationRemoval, RemoveResult>(removal =>
                removal.RemoveAsync(new RemoveRequest(location.LocationId), CancellationToken.None)
            );
            process.HasCrashed.ShouldBeTrue();
        }

        await scene.LetTimePassAsync();
        scene.Network.LoseRequest = _ => true;
        await PassAsync(scene);
        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Valid);

        scene.Network.Repair();
        await PassAsync(scene);

        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Removed);
        scene.Library.Configuration.NotificationUrl.ShouldBeNull();
    }

    [Fact]
    public async Task A_removal_with_an_unknown_outcome_is_not_given_up_when_it_is_repeated_while_Apple_is_down()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await using (var process = await OperatorProcess.StartAsync(scene, crashesAt: 4))
        {
            await process.RunAsync<LocationRemoval, RemoveResult>(removal =>
                removal.RemoveAsync(new RemoveRequest(location.LocationId), CancellationToken.None)
            );
            process.HasCrashed.ShouldBeTrue();
        }

        await scene.LetTimePassAsync();
        scene.Network.LoseRequest = _ => true;
        var failure = await Should.ThrowAsync<LocationException>(() => RemoveAsync(scene, location));

        failure.Code.ShouldBe(LocationErrorCode.Unconfirmed);
        failure.Message.ShouldNotContain("Nothing was changed");
        (await scene.ScalarAsync<long>("select count(*) from location_removal")).ShouldBe(1);
        scene.Network.Repair();
        await PassAsync(scene);
        (await scene.LocationsAsync()).Single().State.ShouldBe(LocationState.Removed);
    }

    [Fact]
    public async Task A_location_with_a_rejected_token_can_be_removed()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Library.ContentToken.State = ContentTokenState.Revoked;

        var result = await RemoveAsync(scene, location);

        (result.Location.State, result.Apple.IsDone).ShouldBe((LocationState.Removed, false));
        result.Apple.Message.ShouldContain("9625");
    }

    [Fact]
    public async Task A_receive_only_location_is_removed_and_its_MDM_clears_Client_Config()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var receiveOnly = await scene.Hub.AddLocationAsync();

        var result = await scene
            .Service<LocationRemoval>()
            .RemoveAsync(new RemoveRequest(receiveOnly.Id), CancellationToken.None);

        (result.Location.State, result.Apple.IsDone).ShouldBe((LocationState.Removed, false));
        (
            await scene
                .Service<LocationRemoval>()
                .RemoveAsync(new RemoveRequest(receiveOnly.Id, DeleteData: true), CancellationToken.None)
        ).Apple.ShouldBe(result.Apple);
        (await receiveOnly.PostAsync(TestLocation.Notification("late"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_crash_at_any_step_lets_the_hub_finish_the_removal_or_nothing_has_started()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var steps = 0;
        for (var isDead = true; isDead; )
        {
            steps++;
            foreach (var afterStep in new[] { false, true })
            {
                var (library, location) = await AddAsync(scene);
                await using var process = await OperatorProcess.StartAsync(scene, steps, afterStep);
                await process.RunAsync<LocationRemoval, RemoveResult>(removal =>
                    removal.RemoveAsync(
                        new RemoveRequest(location.LocationId, DeleteData: true),
                        CancellationToken.None
                    )
                );
                isDead = process.HasCrashed;

                await scene.LetTimePassAsync();
                await PassAsync(scene);

                var after = (await scene.LocationsAsync()).Single(one => one.LocationId == location.LocationId);
                if (after.State == LocationState.Removed)
                {
                    library.Configuration.NotificationTypes.ShouldBeEmpty();
                    (
                        await scene.ScalarAsync<long>(
                            "select count(*) from location_removal where delete_data = 0 or deleted_at is null"
                        )
                    ).ShouldBe(0);
                }
                else
                {
                    after.State.ShouldBe(LocationState.Valid);
                    (await scene.PostAsAppleAsync(library)).ShouldBe(HttpStatusCode.OK);
                    steps.ShouldBeLessThan(3);
                }
            }
        }

        steps.ShouldBeGreaterThan(6);
    }

    internal static Task<RemoveResult> RemoveAsync(RegistrationScene scene, Location location, bool erasure = false) =>
        scene
            .Service<LocationRemoval>()
            .RemoveAsync(new RemoveRequest(location.LocationId, erasure), CancellationToken.None);

    internal static Task PassAsync(RegistrationScene scene) =>
        scene.RunUnderLeaseAsync(lease => scene.Service<RemovalPass>().RunAsync(lease, CancellationToken.None));

    internal static async Task AdvanceOneDayAsync(RegistrationScene scene)
    {
        await scene.ExecuteAsync("update location set removed_at = removed_at - 86400001 where removed_at is not null");
        await PassAsync(scene);
    }

    private static Task<HttpStatusCode> SendLateDeliveryAsync(RegistrationScene scene, ClientConfiguration before) =>
        scene.PostAsync(before.NotificationUrl!, before.NotificationAuthToken!, scene.Library.UId);

    private static async Task<(SimulatedLocation, Location)> AddAsync(RegistrationScene scene)
    {
        var library = scene.Apple.AddLocation();
        var request = new RegistrationRequest(
            NotificationHub.Apple.ContentToken.Parse(library.ContentTokenFile),
            scene.HubUrl
        );
        var registered = await scene.Service<LocationRegistration>().RegisterAsync(request, CancellationToken.None);
        return (library, registered.Location);
    }
}
