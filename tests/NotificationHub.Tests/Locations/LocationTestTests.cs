using NotificationHub.Locations;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Tests.Simulator.Apple;

namespace NotificationHub.Tests.Locations;

public sealed class LocationTestTests
{
    [Fact]
    public async Task The_test_notification_arrives_through_the_public_url()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();

        var result = await TestAsync(scene, location);

        result.Outcome.ShouldBe(TestOutcome.Arrived);
        var type = await scene.ScalarAsync<string>(
            "select notification_type from notification_log where seq = @Seq and location_id = @LocationId",
            new { result.Seq, location.LocationId }
        );
        type.ShouldBe("TEST_NOTIFICATION");
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
    }

    [Fact]
    public async Task An_unreachable_url_is_reported_and_the_settings_stay()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;
        scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9728));

        var result = await TestAsync(scene, location);

        result.Outcome.ShouldBe(TestOutcome.NotArrived);
        result.Message.ShouldContain(location.NotificationUrl!);
        scene.Library.Configuration.ShouldBe(configured);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
    }

    [Fact]
    public async Task A_test_that_another_server_answers_does_not_arrive()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await using var other = await NotificationReceiver.StartAsync();
        var location = await scene.RegisterAsync();
        await PointElsewhereAsync(scene, other.Url, location);

        var result = await TestAsync(scene, location);

        result.Outcome.ShouldBe(TestOutcome.AnsweredElsewhere);
        result.Seq.ShouldBeNull();
    }

    [Fact]
    public async Task A_test_that_arrives_without_a_response_is_reported_separately()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.Hold = request =>
            LossyNetwork.IsPost(request) ? DeliverAndRejectAsync(scene, location) : Task.CompletedTask;

        var result = await TestAsync(scene, location);

        result.Outcome.ShouldBe(TestOutcome.ArrivedUnanswered);
        result.Seq.ShouldNotBeNull();
    }

    [Fact]
    public async Task No_test_takes_place_while_Apple_is_unreachable()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = _ => true;

        (await Should.ThrowAsync<LocationException>(() => TestAsync(scene, location))).Code.ShouldBe(
            LocationErrorCode.Refused
        );
    }

    [Fact]
    public async Task The_wait_is_limited_and_all_errors_are_reported_at_once()
    {
        await using var scene = await RegistrationScene.StartAsync();

        var failure = await Should.ThrowAsync<LocationException>(() =>
            scene
                .Service<LocationTest>()
                .TestAsync(new TestRequest("no id!", TimeSpan.FromHours(1)), CancellationToken.None)
        );

        failure.Code.ShouldBe(LocationErrorCode.BadInput);
        failure.Message.ShouldContain("LocationId");
        failure.Message.ShouldContain("Wait");
    }

    private static Task<NotificationHub.Locations.TestResult> TestAsync(RegistrationScene scene, Location location) =>
        scene
            .Service<LocationTest>()
            .TestAsync(new TestRequest(location.LocationId, TimeSpan.Zero), CancellationToken.None);

    /// <summary>The hub's name resolves to another server, which responds to every request.</summary>
    private static Task PointElsewhereAsync(RegistrationScene scene, Uri elsewhere, Location location)
    {
        var owner = scene.Library.Configuration.MdmInfo!;
        scene.Library.TakeOver(
            owner.Id,
            owner.Name,
            owner.Metadata,
            elsewhere,
            scene.Library.Configuration.NotificationAuthToken
        );
        return scene.ExecuteAsync(
            "update location set notification_url = @elsewhere where location_id = @LocationId",
            new { elsewhere = elsewhere.ToString(), location.LocationId }
        );
    }

    // A proxy changed the response: Apple refuses after the hub has stored the notification.
    private static async Task DeliverAndRejectAsync(RegistrationScene scene, Location location)
    {
        var configured = scene.Library.Configuration;
        await scene.PostAsync(
            configured.NotificationUrl!,
            configured.NotificationAuthToken!,
            location.UId!,
            "TEST_NOTIFICATION"
        );
        scene.Apple.Faults.Next("/client/config", Fault.Error(9728));
    }
}
