using System.Net;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Locations.Takeovers;

/// <summary>The removal of a location whose registration replaced another server's URL.</summary>
public sealed class RestorationTests(TakeoverScene scene) : IClassFixture<TakeoverScene>
{
    [Theory]
    [InlineData(nameof(TakeoverMode.Relay))]
    [InlineData(nameof(TakeoverMode.Replace))]
    public async Task A_removal_leaves_Client_Config_as_it_was(string mode)
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(Enum.Parse<TakeoverMode>(mode))).Location;

        var result = await mdm.RemoveAsync(location);

        mdm.ShouldBeAtApple();
        (result.Apple.IsDone, result.Location.State).ShouldBe((true, LocationState.Removed));
        result.Apple.Message.ShouldContain(mdm.Host);
        mdm.Server.Deliveries.ShouldContain(delivery =>
            delivery.Type == "TEST_NOTIFICATION" && delivery.Authorization == $"Bearer {mdm.Secret}"
        );
        (await CountAsync(location)).ShouldBe(0);
    }

    [Fact]
    public async Task An_owner_that_the_registration_replaced_returns()
    {
        await using var mdm = await scene.AddMdmAsync();
        var owner = new NotificationHub.Apple.MdmInfo { Id = "mdm-2", Name = "New" };
        var location = (
            await scene
                .Scene.Service<LocationRegistration>()
                .RegisterAsync(mdm.Request(TakeoverMode.Replace) with { MdmInfo = owner }, CancellationToken.None)
        ).Location;
        mdm.Library.Configuration.MdmInfo!.Id.ShouldBe("mdm-2");

        await mdm.RemoveAsync(location);

        mdm.ShouldBeAtApple();
    }

    [Fact]
    public async Task An_owner_that_the_MDM_has_changed_since_stays()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        mdm.Library.TakeOver("mdm-1", "The MDM", "since 2026");

        await mdm.RemoveAsync(location);

        mdm.Library.Configuration.MdmInfo!.Metadata.ShouldBe("since 2026");
    }

    [Fact]
    public async Task Nothing_changes_while_the_server_does_not_respond_unless_the_operator_gives_it_up()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        await mdm.Server.DisposeAsync();

        var failure = await Should.ThrowAsync<LocationException>(() => mdm.RemoveAsync(location));

        failure.Code.ShouldBe(LocationErrorCode.Refused);
        failure.Message.ShouldContain(mdm.Host);
        failure.Message.ShouldContain("--no-restore");
        mdm.IsHubAtApple.ShouldBeTrue();
        (await mdm.FindLocationAsync())!.State.ShouldBe(LocationState.Valid);
        await mdm.ShouldBeStoredAsync();

        (await mdm.RemoveAsync(location, noRestore: true)).Apple.IsDone.ShouldBeTrue();
        (mdm.Library.Configuration.NotificationUrl, mdm.Library.Configuration.NotificationTypes.Count).ShouldBe(
            (null, 0)
        );
        (await CountAsync(location)).ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_secret_the_settings_are_cleared_and_the_message_says_that_nothing_was_restored()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        await scene.Scene.ExecuteAsync(
            "update replaced_configuration set secret = null where location_id = @LocationId",
            new { location.LocationId }
        );

        var result = await mdm.RemoveAsync(location);

        result.Apple.Message.ShouldContain($"could not restore the notification URL of {mdm.Host}");
        mdm.Library.Configuration.NotificationUrl.ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task If_Apple_has_no_URL_the_configuration_is_restored_or_the_message_says_why_not(bool hasSecret)
    {
        await using var mdm = await scene.AddMdmAsync();
        mdm.Secret = hasSecret ? mdm.Secret : "not usable";
        mdm.Configure();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        mdm.Library.Configuration = mdm.Library.Configuration with
        {
            NotificationUrl = null,
            NotificationAuthToken = null,
        };

        var result = await mdm.RemoveAsync(location);

        result.Apple.IsDone.ShouldBeTrue();
        if (hasSecret)
        {
            mdm.ShouldBeAtApple();
            result.Apple.Message.ShouldContain($"to {mdm.Host} again");
        }
        else
        {
            mdm.Library.Configuration.NotificationUrl.ShouldBeNull();
            result.Apple.Message.ShouldContain("Apple has no notification URL");
            result.Apple.Message.ShouldContain($"could not restore the notification URL of {mdm.Host}");
        }
    }

    [Fact]
    public async Task A_rejected_content_token_is_reported_with_the_server_that_must_set_its_URL_itself()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        mdm.Library.ContentToken.State = ContentTokenState.Revoked;

        var result = await mdm.RemoveAsync(location);

        result.Apple.IsDone.ShouldBeFalse();
        result.Apple.Message.ShouldContain(mdm.Host);
        (await CountAsync(location)).ShouldBe(1);
        await AdvanceOneDayAsync();
        (await CountAsync(location)).ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_response_is_replaced_by_reading_back()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
        scene.Scene.Network.LoseResponse = LossyNetwork.IsPost;

        var result = await mdm.RemoveAsync(location);

        scene.Scene.Network.Repair();
        result.Apple.IsDone.ShouldBeTrue();
        mdm.ShouldBeAtApple();
    }

    [Fact]
    public async Task A_crash_at_any_step_lets_the_hub_restore_the_configuration_or_nothing_has_started()
    {
        var steps = 0;
        for (var hasCrashed = true; hasCrashed; )
        {
            steps++;
            await using var mdm = await scene.AddMdmAsync();
            var location = (await mdm.AddAsync(TakeoverMode.Replace)).Location;
            await using var process = await OperatorProcess.StartAsync(scene.Scene, steps, afterStep: true);
            await process.RunAsync<LocationRemoval, RemoveResult>(removal =>
                removal.RemoveAsync(new RemoveRequest(location.LocationId), CancellationToken.None)
            );
            hasCrashed = process.HasCrashed;

            await scene.Scene.LetTimePassAsync();
            await PassAsync();

            if (await mdm.FindLocationAsync() is { } current)
            {
                current.State.ShouldBe(LocationState.Valid);
                await mdm.ShouldBeStoredAsync();
                (await scene.Scene.PostAsAppleAsync(mdm.Library)).ShouldBe(HttpStatusCode.OK);
                steps.ShouldBeLessThan(3);
            }
            else
            {
                mdm.ShouldBeAtApple();
                (await CountAsync(location)).ShouldBe(0);
            }
        }

        steps.ShouldBeGreaterThan(5);
    }

    private Task PassAsync() => Removal.LocationRemovalTests.PassAsync(scene.Scene);

    private Task AdvanceOneDayAsync() => Removal.LocationRemovalTests.AdvanceOneDayAsync(scene.Scene);

    private Task<long> CountAsync(Location location) =>
        scene.Scene.ScalarAsync<long>(
            "select count(*) from replaced_configuration where location_id = @LocationId",
            new { location.LocationId }
        );
}
