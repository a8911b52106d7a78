using System.Net;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Tests.Locations;

public sealed class SecretStoreTests
{
    [Fact]
    public void A_location_has_at_most_as_many_secrets_as_intake_compares() =>
        SecretStore.MaxAccepted.ShouldBe(NotificationTokenVerifier.Slots);

    [Fact]
    public async Task Attempts_with_an_unknown_outcome_never_displace_the_secret_that_Apple_uses()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = LossyNetwork.IsPost;
        for (var open = 1; open < SecretStore.MaxAccepted; open++)
        {
            (await scene.FailToRotateAsync(location)).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        }

        var refused = await scene.FailToRotateAsync(location);

        refused.Code.ShouldBe(LocationErrorCode.NotAllowed);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        await scene.LetTimePassAsync();
        scene.Network.Repair();
        await scene.RotateAsync(location);
        (await scene.SecretStatesAsync()).Where(state => state != "retired").ShouldBe(["retiring", "active"]);
    }
}
