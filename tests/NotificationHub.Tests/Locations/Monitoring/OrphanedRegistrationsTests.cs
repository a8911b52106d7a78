using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;

namespace NotificationHub.Tests.Locations.Monitoring;

public sealed class OrphanedRegistrationsTests
{
    [Fact]
    public async Task An_interrupted_receive_only_registration_is_deleted_once_its_lock_has_expired()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var other = await scene.RegisterAsync();
        var isDead = true;
        for (var step = 1; isDead; step++)
        {
            await using var process = await OperatorProcess.StartAsync(scene, step, afterStep: true);
            var added = await process.RunAsync<LocationRegistration, ReceiveOnlyLocation>(registration =>
                registration.RegisterReceiveOnlyAsync(scene.HubUrl, relayTo: null, CancellationToken.None)
            );
            isDead = process.HasCrashed;
            var before = await scene.LocationsAsync();

            await DropAsync(scene);
            (await scene.LocationsAsync()).Count.ShouldBe(before.Count);

            await scene.ExecuteAsync("update lease set expires_at = 0 where name like 'location:%'");
            await DropAsync(scene);
            var left = (await scene.LocationsAsync()).Where(one => one.LocationId != other.LocationId).ToList();
            left.ShouldAllBe(one => one.State == LocationState.Valid);
            (await scene.SecretStatesAsync()).Count.ShouldBe(left.Count + 1);
            added?.Location.LocationId.ShouldBe(
                left.Single(one => one.LocationId == added.Location.LocationId).LocationId
            );
        }
    }

    private static Task DropAsync(RegistrationScene scene) =>
        scene.RunUnderLeaseAsync(lease =>
            scene.Service<OrphanedRegistrations>().RunAsync(lease, CancellationToken.None)
        );
}
