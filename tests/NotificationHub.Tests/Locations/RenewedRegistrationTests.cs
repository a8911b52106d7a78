using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Locations;

/// <summary>A closed location is registered again.</summary>
public sealed class RenewedRegistrationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("expired")]
    [InlineData("revoked")]
    [InlineData("invalid")]
    [InlineData("taken-over")]
    public async Task A_location_returns_under_its_id_and_pending_targets_are_read(string state)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var before = await scene.RegisterAsync();
        scene.Library.AddAsset("1");
        scene.Library.TakeOver("mdm-9", "The other MDM");
        await StopAsync(scene, state);
        var old = scene.Library.ContentToken;
        old.State = ContentTokenState.Expired;
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddYears(1));

        var after = await scene.RegisterAsync();
        await WaitForAssetAsync(scene);

        (after.LocationId, after.State, after.MdmId).ShouldBe((before.LocationId, LocationState.Valid, "mdm-9"));
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        (await scene.LocationsAsync()).ShouldHaveSingleItem().StateReason.ShouldBeNull();
        (await scene.EventsAsync(EventNames.LocationRegistered)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_attempt_does_not_change_the_location()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();
        await StopAsync(scene, "revoked");
        var before = (await scene.LocationsAsync()).ShouldHaveSingleItem();
        var secrets = await scene.SecretStatesAsync();

        await scene.FailToRegisterAsync(new Uri(scene.Apple.BaseUrl, "/unknown"));

        var after = (await scene.LocationsAsync()).ShouldHaveSingleItem();
        after.ShouldBe(before with { ContentToken = after.ContentToken });
        after.ContentToken.ShouldBe(before.ContentToken);
        (await scene.SecretStatesAsync()).ShouldBe(secrets);
    }

    /// <summary>Sets the state of the location, and adds a pending target.</summary>
    private static async Task StopAsync(RegistrationScene scene, string state)
    {
        var targets = scene.Hub.Services.GetRequiredService<RefetchTargets>();
        var locationId = (await scene.LocationsAsync()).Single().LocationId;
        await scene.Hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    "update location set state = @state, state_reason = 'because'",
                    new { state }
                );
                await targets.RequestAsync(
                    transaction,
                    [new MergedRequest(locationId, RecordKind.Asset, "1/STDQ")],
                    TimeProvider.System.GetUtcNow()
                );
            },
            CancellationToken.None
        );
    }

    private static async Task WaitForAssetAsync(RegistrationScene scene)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var appended = scene.Hub.Database.Signals.EventsAppended.Next;
            if ((await scene.EventsAsync(EventNames.AssetChanged)).Count > 0)
            {
                return;
            }

            await appended.WaitAsync(patience.Token);
        }
    }
}
