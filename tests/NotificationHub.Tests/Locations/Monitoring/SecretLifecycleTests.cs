using System.Net;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;

namespace NotificationHub.Tests.Locations.Monitoring;

public sealed class SecretLifecycleTests
{
    [Fact]
    public async Task A_response_older_than_a_rotation_retires_no_secret_that_Apple_uses()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var old = scene.Library.Configuration.NotificationAuthToken!;
        await scene.RotateAsync(location);
        var used = scene.Library.Configuration.NotificationAuthToken!;

        await ReturnSecretAsync(scene, location, old);
        await scene.LetTimePassAsync();

        scene.Library.Configuration.NotificationAuthToken.ShouldBe(used);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        await VerifyAsync(scene, location);
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
    }

    [Fact]
    public async Task A_response_that_changes_nothing_makes_no_replica_reload_its_secrets()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await VerifyAsync(scene, location);
        var version = await VersionAsync(scene);

        await VerifyAsync(scene, location);
        (await VersionAsync(scene)).ShouldBe(version);

        await scene.RotateAsync(location);
        (await VersionAsync(scene)).ShouldBeGreaterThan(version);
    }

    [Fact]
    public async Task A_retiring_secret_that_is_used_after_the_last_retry_causes_a_read_of_Client_Config()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var old = scene.Library.Configuration.NotificationAuthToken!;
        await scene.RotateAsync(location);
        await scene.RunUnderLeaseAsync(lease =>
            scene.Service<ConfigurationMonitor>().RunAsync(lease, CancellationToken.None)
        );
        await PostAsync(scene, old);
        (await IsDueAsync(scene)).ShouldBeFalse();

        await scene.ExecuteAsync("update notification_secret set superseded_at = superseded_at - 400000");
        await PostAsync(scene, old);

        (await IsDueAsync(scene)).ShouldBeTrue();
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
    }

    /// <summary>Client Config names a secret that Apple no longer uses, because reads may lag.</summary>
    private static async Task ReturnSecretAsync(RegistrationScene scene, Location location, string secret)
    {
        var configured = scene.Library.Configuration;
        var owner = configured.MdmInfo!;
        scene.Library.TakeOver(owner.Id, owner.Name, owner.Metadata, secret: secret);
        await VerifyAsync(scene, location);
        scene.Library.TakeOver(owner.Id, owner.Name, owner.Metadata, secret: configured.NotificationAuthToken);
    }

    private static Task VerifyAsync(RegistrationScene scene, Location location) =>
        scene.Service<LocationCheck>().VerifyAsync(location.LocationId, CancellationToken.None);

    private static async Task PostAsync(RegistrationScene scene, string secret)
    {
        var url = scene.Library.Configuration.NotificationUrl!;
        (await scene.PostAsync(url, secret, scene.Library.UId)).ShouldBe(HttpStatusCode.OK);
        await scene.RunSecretLifecycleAsync();
    }

    private static Task<long> VersionAsync(RegistrationScene scene) =>
        scene.ScalarAsync<long>("select value from change_counter where name = 'locations'");

    private static async Task<bool> IsDueAsync(RegistrationScene scene) =>
        await scene.ScalarAsync<long>("select due_at from location_check")
        <= TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
}
