using NotificationHub.Events;
using NotificationHub.Locations;

namespace NotificationHub.Tests.Locations;

/// <summary>A registration whose answers are lost: it rolls forward, and the same command finishes it.</summary>
public sealed class InterruptedRegistrationTests
{
    [Fact]
    public async Task A_lost_answer_is_made_up_for_by_reading_back()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Network.LoseAnswer = LostAnswers.IsPost;

        var location = await scene.RegisterAsync();

        location.State.ShouldBe(LocationState.Valid);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
    }

    [Fact]
    public async Task An_unknown_outcome_stays_pending_and_the_same_command_finds_that_it_took_effect()
    {
        await using var scene = await RegistrationScene.StartAsync();
        CutOffAfterTheFirstRead(scene);
        var failure = await scene.FailToRegisterAsync();
        failure.Code.ShouldBe(LocationErrorCode.Unconfirmed);
        var pending = (await scene.LocationsAsync()).ShouldHaveSingleItem();
        pending.State.ShouldBe(LocationState.Pending);
        failure.Message.ShouldContain(pending.LocationId);

        scene.Network.Heal();
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
        scene.Network.LoseRequest = LostAnswers.IsPost;
        (await scene.FailToRegisterAsync()).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        (await scene.SecretStatesAsync()).ShouldBe(["pending"]);

        scene.Network.Heal();
        await scene.RegisterAsync();

        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        (await scene.LocationsAsync()).ShouldHaveSingleItem().State.ShouldBe(LocationState.Valid);
    }

    [Fact]
    public async Task Apple_out_of_reach_from_the_start_leaves_nothing_behind()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Network.LoseRequest = _ => true;

        (await scene.FailToRegisterAsync()).Code.ShouldBe(LocationErrorCode.Refused);

        (await scene.LocationsAsync()).ShouldBeEmpty();
    }

    // The first read and the post arrive; from the post's answer on nothing comes back.
    private static void CutOffAfterTheFirstRead(RegistrationScene scene)
    {
        var posted = false;
        scene.Network.LoseAnswer = request => posted |= LostAnswers.IsPost(request);
    }
}
