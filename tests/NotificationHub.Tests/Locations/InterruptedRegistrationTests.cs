using NotificationHub.Events;
using NotificationHub.Locations;

namespace NotificationHub.Tests.Locations;

/// <summary>A registration whose responses are lost.</summary>
public sealed class InterruptedRegistrationTests
{
    [Fact]
    public async Task A_lost_response_is_replaced_by_reading_back()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Network.LoseResponse = LossyNetwork.IsPost;

        var location = await scene.RegisterAsync();

        location.State.ShouldBe(LocationState.Valid);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
    }

    [Fact]
    public async Task An_unknown_outcome_stays_pending_and_the_same_command_finds_its_effect()
    {
        await using var scene = await RegistrationScene.StartAsync();
        LoseResponsesFromPostOn(scene);
        var failure = await scene.FailToRegisterAsync();
        failure.Code.ShouldBe(LocationErrorCode.Unconfirmed);
        var pending = (await scene.LocationsAsync()).ShouldHaveSingleItem();
        pending.State.ShouldBe(LocationState.Pending);
        failure.Message.ShouldContain(pending.LocationId);

        scene.Network.Repair();
        var location = await scene.RegisterAsync();

        location.LocationId.ShouldBe(pending.LocationId);
        (await scene.LocationsAsync()).ShouldHaveSingleItem().State.ShouldBe(LocationState.Valid);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
        scene.Apple.Requests.All.Count(request => request.Method == "POST").ShouldBe(1);
        (await scene.EventsAsync(EventNames.LocationRegistered)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_request_that_never_arrived_is_sent_again_with_a_new_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Network.LoseRequest = LossyNetwork.IsPost;
        (await scene.FailToRegisterAsync()).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        (await scene.SecretStatesAsync()).ShouldBe(["pending"]);

        scene.Network.Repair();
        await scene.RegisterAsync();

        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        (await scene.LocationsAsync()).ShouldHaveSingleItem().State.ShouldBe(LocationState.Valid);
    }

    [Fact]
    public async Task A_registration_leaves_nothing_behind_if_Apple_is_unreachable()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Network.LoseRequest = _ => true;

        (await scene.FailToRegisterAsync()).Code.ShouldBe(LocationErrorCode.Refused);

        (await scene.LocationsAsync()).ShouldBeEmpty();
    }

    // The first read and the request arrive; the response to the request, and all later ones, are lost.
    private static void LoseResponsesFromPostOn(RegistrationScene scene)
    {
        var posted = false;
        scene.Network.LoseResponse = request => posted |= LossyNetwork.IsPost(request);
    }
}
