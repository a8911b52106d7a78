using System.Net;
using NotificationHub.CommandLine;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Tests.CommandLine;

namespace NotificationHub.Tests.Locations;

public sealed class ReceiveOnlyRotationTests
{
    private const string UId = "2049025000431439";

    [Fact]
    public async Task A_lost_secret_is_replaced_and_retires_once_the_MDM_uses_the_new_one()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var (location, lost, _) = await AddAsync(scene);

        var result = await scene.RotateAsync(location);
        var secret = result.HandedOut!;

        result.IsResumed.ShouldBeFalse();
        (await PostAsync(scene, location, lost)).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(scene, location, secret, "TEST_NOTIFICATION")).ShouldBe(HttpStatusCode.OK);
        await scene.RunSecretLifecycleAsync();
        (await scene.SecretStatesAsync()).ShouldBe(["active", "pending"]);

        (await PostAsync(scene, location, secret)).ShouldBe(HttpStatusCode.OK);
        await scene.RunSecretLifecycleAsync();
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        await scene.LetTimePassAsync();

        (await PostAsync(scene, location, lost)).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync(scene, location, secret)).ShouldBe(HttpStatusCode.OK);
        scene.Apple.Requests.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_secret_can_be_replaced_any_number_of_times_and_the_one_in_use_stays()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var (location, used, _) = await AddAsync(scene);
        var last = used;
        for (var i = 0; i < 2 * SecretStore.MaxAccepted; i++)
        {
            last = (await scene.RotateAsync(location)).HandedOut!;
        }

        (await PostAsync(scene, location, used)).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(scene, location, last)).ShouldBe(HttpStatusCode.OK);
        (await scene.SecretStatesAsync()).Count(state => state != "retired").ShouldBe(SecretStore.MaxAccepted);
    }

    [Fact]
    public async Task An_interrupted_receive_only_registration_is_not_rotated_but_added_again()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var (location, _, _) = await AddAsync(scene);
        await scene.ExecuteAsync("update location set state = 'pending'");

        var failure = await scene.FailToRotateAsync(location);

        failure.Code.ShouldBe(LocationErrorCode.NotAllowed);
        failure.Message.ShouldContain("locations add --receive-only");
    }

    [Fact]
    public async Task The_command_prints_the_url_and_the_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var (location, lost, _) = await AddAsync(scene);

        var run = await LocationChangeCommandTests.RunAsync(scene, "rotate-secret", location, "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Json.GetProperty("location").GetProperty("notificationUrl").GetString().ShouldBe(location.NotificationUrl);
        var secret = run.Json.GetProperty("notificationAuthToken").GetString()!;
        secret.ShouldNotBe(lost.Reveal());
        (await scene.PostAsync(new Uri(location.NotificationUrl!), secret, UId)).ShouldBe(HttpStatusCode.OK);
    }

    private static Task<ReceiveOnlyLocation> AddAsync(RegistrationScene scene) =>
        scene
            .Service<LocationRegistration>()
            .RegisterReceiveOnlyAsync(scene.HubUrl, relayTo: null, CancellationToken.None);

    private static Task<HttpStatusCode> PostAsync(
        RegistrationScene scene,
        Location location,
        NotificationSecret secret,
        string type = "ASSET_COUNT"
    ) => scene.PostAsync(new Uri(location.NotificationUrl!), secret.Reveal(), UId, type);
}
