using NotificationHub.Locations;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Locations.Takeovers;

/// <summary>The rotation that overwrites the URL of another server, to which the hub may forward.</summary>
public sealed class OverwritingRotationTests(TakeoverScene scene) : IClassFixture<TakeoverScene>
{
    [Fact]
    public async Task Overwriting_another_URL_of_the_server_moves_its_relay_target_only_if_Apple_accepts()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        var before = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        var (oldSecret, newUrl) = (mdm.Secret, new Uri(mdm.Server.Url, "/tenant-2"));
        mdm.Secret += "-renewed";
        mdm.Configure(newUrl);
        scene.Scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9728));

        await Should.ThrowAsync<LocationException>(() => scene.Scene.RotateAsync(location, overwrite: true));

        var kept = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        (kept.TargetId, kept.Uri, mdm.Decrypt(kept.Secret)).ShouldBe((before.TargetId, mdm.Server.Url, oldSecret));

        var rotated = await scene.Scene.RotateAsync(location, overwrite: true);

        mdm.IsHubAtApple.ShouldBeTrue();
        (rotated.Overwritten?.NotificationUrl, rotated.OverwrittenTarget?.TargetId).ShouldBe(
            (newUrl.OriginalString, before.TargetId)
        );
        var moved = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        (moved.TargetId, moved.Uri, mdm.Decrypt(moved.Secret)).ShouldBe((before.TargetId, newUrl, mdm.Secret));
    }

    [Fact]
    public async Task A_relay_target_that_moves_to_another_host_does_not_take_the_old_secret_along()
    {
        await using var mdm = await scene.AddMdmAsync();
        await using var other = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        mdm.Secret = "not usable";
        mdm.Configure(other.Server.Url);

        await scene.Scene.RotateAsync(location, overwrite: true);

        var moved = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        (moved.Uri, moved.Secret).ShouldBe((other.Server.Url, null));
    }

    [Fact]
    public async Task An_overwriting_rotation_with_an_unknown_outcome_reports_the_server_when_it_is_resumed()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        mdm.Configure(new Uri(mdm.Server.Url, "/tenant-2"));
        var hasPosted = false;
        scene.Scene.Network.LoseResponse = request => hasPosted |= LossyNetwork.IsPost(request);
        await Should.ThrowAsync<LocationException>(() => scene.Scene.RotateAsync(location, overwrite: true));
        scene.Scene.Network.Repair();

        var resumed = await scene.Scene.RotateAsync(location, overwrite: true);

        resumed.IsResumed.ShouldBeTrue();
        (resumed.Overwritten?.Host, resumed.OverwrittenTarget?.Uri.AbsolutePath).ShouldBe((mdm.Host, "/tenant-2"));
    }

    [Fact]
    public async Task Overwriting_the_URL_that_the_server_has_set_again_stores_its_new_secret()
    {
        await using var mdm = await scene.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        mdm.Secret += "-renewed";
        mdm.Configure();
        (await scene.Scene.FailToRotateAsync(location)).Message.ShouldContain("set it again");
        (await mdm.FailToAddAsync(TakeoverMode.Relay)).Message.ShouldContain("--overwrite");

        await scene.Scene.RotateAsync(location, overwrite: true);

        mdm.IsHubAtApple.ShouldBeTrue();
        await mdm.ShouldBeStoredAsync();
        mdm.Decrypt((await mdm.TargetsAsync(location)).ShouldHaveSingleItem().Secret).ShouldBe(mdm.Secret);
    }
}
