using System.Net;
using NotificationHub.Locations;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Tests.Locations.Takeovers;

/// <summary>A takeover whose process crashes, or whose responses are lost.</summary>
public sealed class CrashedTakeoverTests(TakeoverScene scene) : IClassFixture<TakeoverScene>
{
    [Fact]
    public async Task A_crash_at_any_step_never_loses_the_replaced_configuration_and_the_same_command_finishes()
    {
        var steps = 0;
        for (var hasCrashed = true; hasCrashed; )
        {
            steps++;
            await using var mdm = await scene.AddMdmAsync();
            await using var process = await OperatorProcess.StartAsync(scene.Scene, steps, afterStep: true);
            await process.RunAsync<LocationRegistration, RegisteredLocation>(registration =>
                registration.RegisterAsync(mdm.Request(TakeoverMode.Relay), CancellationToken.None)
            );
            hasCrashed = process.HasCrashed;
            if (mdm.IsHubAtApple)
            {
                await mdm.ShouldBeStoredAsync();
            }
            else
            {
                mdm.ShouldBeAtApple();
            }

            await scene.Scene.LetTimePassAsync();
            await FinishAsync(mdm);

            var location = (await mdm.FindLocationAsync()).ShouldNotBeNull();
            location.State.ShouldBe(LocationState.Valid);
            await mdm.ShouldBeStoredAsync();
            (await mdm.TargetsAsync(location)).ShouldHaveSingleItem().Uri.ShouldBe(mdm.Server.Url);
            (await scene.Scene.PostAsAppleAsync(mdm.Library)).ShouldBe(HttpStatusCode.OK, $"step {steps}");
        }

        steps.ShouldBeGreaterThan(7);
    }

    [Theory]
    [InlineData(nameof(TakeoverMode.Relay), nameof(TakeoverMode.Refuse))]
    [InlineData(nameof(TakeoverMode.Replace), nameof(TakeoverMode.Relay))]
    public async Task After_an_unknown_outcome_that_took_effect_the_hubs_own_URL_is_not_stored_as_the_replaced_one(
        string first,
        string second
    )
    {
        await using var mdm = await scene.AddMdmAsync();
        var hasPosted = false;
        scene.Scene.Network.LoseResponse = request => hasPosted |= LossyNetwork.IsPost(request);
        (await mdm.FailToAddAsync(Enum.Parse<TakeoverMode>(first))).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        mdm.IsHubAtApple.ShouldBeTrue();
        scene.Scene.Network.Repair();
        // The hub moves in the meantime, so that its URL at Apple is not the one that the second attempt sets.
        var hubUrl = new UriBuilder(scene.Scene.HubUrl) { Host = "localhost" }.Uri;

        var added = await mdm.AddAsync(Enum.Parse<TakeoverMode>(second), hubUrl: hubUrl);

        added.Replaced!.Host.ShouldBe(mdm.Host);
        await mdm.ShouldBeStoredAsync();
        (await mdm.TargetsAsync(added.Location)).ShouldHaveSingleItem().Uri.ShouldBe(mdm.Server.Url);
    }

    private static async Task FinishAsync(Mdm mdm)
    {
        try
        {
            await mdm.AddAsync(TakeoverMode.Relay);
        }
        catch (LocationException error) when (error.Code == LocationErrorCode.AlreadyRegistered)
        {
            // It crashed after the last step, or not at all.
        }
    }
}
