using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Locations.Monitoring;

public sealed class SilenceMonitorTests
{
    [Fact]
    public async Task The_silence_of_a_busy_location_is_reported_once_until_its_next_notification()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();
        foreach (var _ in Enumerable.Range(0, 12))
        {
            await scene.PostAsAppleAsync();
        }

        await scene.Service<SecretUsageWriter>().WriteAsync(CancellationToken.None);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldBeEmpty();

        await SimulateSilenceAsync(scene);
        await ListenAsync(scene);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldHaveSingleItem();

        await scene.PostAsAppleAsync();
        await scene.Service<SecretUsageWriter>().WriteAsync(CancellationToken.None);
        await ListenAsync(scene);
        await SimulateSilenceAsync(scene);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_silence_of_a_quiet_location_is_not_reported()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();
        await scene.PostAsAppleAsync();
        await scene.Service<SecretUsageWriter>().WriteAsync(CancellationToken.None);
        await SimulateSilenceAsync(scene);

        await ListenAsync(scene);

        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Test_notifications_neither_hide_silence_nor_make_a_location_busy()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();
        await PostAsync(scene, 9, "ASSET_COUNT");
        await PostAsync(scene, 9, "TEST_NOTIFICATION");
        await SimulateSilenceAsync(scene);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldBeEmpty();

        await PostAsync(scene, 1, "ASSET_COUNT");
        await SimulateSilenceAsync(scene);
        await PostAsync(scene, 1, "TEST_NOTIFICATION");
        await ListenAsync(scene);

        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_location_can_have_its_own_threshold()
    {
        await using var scene = await RegistrationScene.StartAsync(null, "Locations:SilenceThreshold=");
        var location = await scene.RegisterAsync();
        var times = scene.Service<IOptions<LocationOptions>>().Value.SilenceThresholds;
        await PostAsync(scene, 12, "ASSET_COUNT");
        await SimulateSilenceAsync(scene);

        await ListenAsync(scene);
        times[location.LocationId] = TimeSpan.FromDays(5);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldBeEmpty();

        times[location.LocationId] = TimeSpan.FromDays(3);
        await ListenAsync(scene);
        (await scene.EventsAsync(EventNames.LocationSilent)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task The_thresholds_of_single_locations_are_validated()
    {
        await using var hub = await HubHost.StartAsync("Locations:SilenceThresholds:abc2=1.00:00:00");
        var options = (IOptions<LocationOptions>)hub.Services.GetService(typeof(IOptions<LocationOptions>))!;
        options.Value.SilenceThresholds["abc2"].ShouldBe(TimeSpan.FromDays(1));

        var failure = await Should.ThrowAsync<ConfigurationException>(() =>
            HubHost.StartAsync(
                "Locations:SilenceThresholds:abc2=00:00:01",
                "Locations:SilenceThresholds:a-b=1.00:00:00"
            )
        );
        failure.Message.ShouldContain("Locations:SilenceThresholds:abc2");
        failure.Message.ShouldContain("Locations:SilenceThresholds:a-b");
    }

    private static async Task PostAsync(RegistrationScene scene, int count, string type)
    {
        var configured = scene.Library.Configuration;
        foreach (var _ in Enumerable.Range(0, count))
        {
            await scene.PostAsync(
                configured.NotificationUrl!,
                configured.NotificationAuthToken!,
                scene.Library.UId,
                type
            );
        }

        await scene.Service<SecretUsageWriter>().WriteAsync(CancellationToken.None);
    }

    private static Task ListenAsync(RegistrationScene scene) =>
        scene.RunUnderLeaseAsync(lease => scene.Service<SilenceMonitor>().RunAsync(lease, CancellationToken.None));

    private static Task SimulateSilenceAsync(RegistrationScene scene) =>
        scene.Hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("update notification_secret set proven_at = proven_at - 345600000");
                await transaction.ExecuteAsync("update location set registered_at = registered_at - 345600000");
                await transaction.ExecuteAsync("update location_check set silent_since = silent_since - 345600000");
            },
            CancellationToken.None
        );
}
