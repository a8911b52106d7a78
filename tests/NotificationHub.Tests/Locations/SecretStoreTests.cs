using System.Net;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Tests.Locations;

public sealed class SecretStoreTests
{
    [Fact]
    public void As_many_secrets_are_made_as_the_intake_compares_a_post_with() =>
        SecretStore.MaxAccepted.ShouldBe(NotificationTokenVerifier.Slots);

    [Fact]
    public async Task However_many_attempts_stay_unknown_the_secret_that_Apple_uses_is_never_crowded_out()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = LostAnswers.IsPost;
        for (var open = 1; open < SecretStore.MaxAccepted; open++)
        {
            (await scene.FailToRotateAsync(location)).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        }

        var refused = await scene.FailToRotateAsync(location);

        refused.Code.ShouldBe(LocationErrorCode.NotAllowed);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        await scene.LetTimePassAsync();
        scene.Network.Heal();
        await scene.RotateAsync(location);
        (await scene.SecretStatesAsync()).Where(state => state != "retired").ShouldBe(["retiring", "active"]);
    }
}
