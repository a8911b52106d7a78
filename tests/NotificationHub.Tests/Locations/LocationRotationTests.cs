using System.Net;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Locations;

public sealed class LocationRotationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Apple_uses_the_new_secret_and_the_old_one_stays_accepted_for_a_while()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var (url, old) = (
            scene.Library.Configuration.NotificationUrl!,
            scene.Library.Configuration.NotificationAuthToken!
        );

        (await scene.RotateAsync(location)).IsResumed.ShouldBeFalse();

        scene.Library.Configuration.NotificationAuthToken.ShouldNotBe(old);
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        (await scene.PostAsync(url, old, scene.Library.UId)).ShouldBe(HttpStatusCode.OK);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        await scene.RunSecretLifecycleAsync();
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);

        await scene.LetTimePassAsync();

        (await scene.SecretStatesAsync()).ShouldBe(["retired", "active"]);
        (await scene.PostAsync(url, old, scene.Library.UId)).ShouldBe(HttpStatusCode.Unauthorized);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        scene.Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_mdmInfo_and_the_registration_time_do_not_change()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.TakeOver("mdm-7", "The MDM", "since 2019");
        var location = await scene.RegisterAsync();
        scene.Library.TakeOver("mdm-7", "The MDM, renamed", "since 2020");

        await scene.RotateAsync(location);

        scene.Library.Configuration.MdmInfo.ShouldBe(new("mdm-7", "The MDM, renamed", "since 2020"));
        var after = (await scene.LocationsAsync()).ShouldHaveSingleItem();
        (after.MdmName, after.RegisteredAt, after.StateSince).ShouldBe(
            ("The MDM, renamed", location.RegisteredAt, location.StateSince)
        );
    }

    [Fact]
    public async Task A_refused_url_changes_nothing()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;
        scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9728));

        var failure = await scene.FailToRotateAsync(location);

        failure.Code.ShouldBe(LocationErrorCode.Refused);
        scene.Library.Configuration.ShouldBe(configured);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_request_that_timed_out_but_took_effect_is_found_by_the_same_command()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        LoseResponsesFromPostOn(scene);
        (await scene.FailToRotateAsync(location)).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        (await scene.SecretStatesAsync()).ShouldBe(["active", "pending"]);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);

        scene.Network.Repair();
        var result = await scene.RotateAsync(location);

        result.IsResumed.ShouldBeTrue();
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        scene.Apple.Requests.All.Count(request => request.Method == "POST").ShouldBe(2);
    }

    [Fact]
    public async Task A_delivery_with_the_new_secret_proves_it_and_a_test_does_not()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        LoseResponsesFromPostOn(scene);
        await scene.FailToRotateAsync(location);

        // Apple's test used it, before Apple applied the configuration.
        await scene.RunSecretLifecycleAsync();
        (await scene.SecretStatesAsync()).ShouldBe(["active", "pending"]);

        await scene.PostAsAppleAsync();
        await scene.RunSecretLifecycleAsync();

        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
    }

    [Fact]
    public async Task A_request_that_never_arrived_retires_no_secret_that_Apple_uses()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Network.LoseRequest = LossyNetwork.IsPost;
        (await scene.FailToRotateAsync(location)).Code.ShouldBe(LocationErrorCode.Unconfirmed);
        await scene.LetTimePassAsync();
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);

        scene.Network.Repair();
        (await scene.RotateAsync(location)).IsResumed.ShouldBeFalse();

        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "retired", "active"]);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_concurrent_commands_one_fails_as_busy(bool inTheSameProcess)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        scene.Network.Hold = request =>
        {
            arrived.TrySetResult();
            return LossyNetwork.IsPost(request) ? goOn.Task : Task.CompletedTask;
        };
        var first = scene.RotateAsync(location);
        await arrived.Task;

        await using var other = await OperatorProcess.StartAsync(scene);
        var second = inTheSameProcess
            ? await scene.FailToRotateAsync(location).WaitAsync(Patience)
            : await Should.ThrowAsync<LocationException>(() => other.RunAsync(Rotate(location)).WaitAsync(Patience));
        goOn.SetResult();

        second.Code.ShouldBe(LocationErrorCode.Busy);
        (await first).IsResumed.ShouldBeFalse();
        (await scene.SecretStatesAsync()).ShouldBe(["retiring", "active"]);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_crash_at_any_step_keeps_the_hub_accepting_deliveries_and_the_next_rotation_succeeds()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var steps = 0;
        for (var isDead = true; isDead; )
        {
            steps++;
            foreach (var afterStep in new[] { false, true })
            {
                await using var process = await OperatorProcess.StartAsync(scene, steps, afterStep);
                await process.RunAsync(Rotate(location));
                isDead = process.HasCrashed;

                (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK, $"step {steps}, after it: {afterStep}");
                await scene.LetTimePassAsync();
                (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK, $"later, step {steps}");
            }
        }

        // At least the lease, a read and its write, the pending secret, the request, the read-back, and the confirmation.
        steps.ShouldBeGreaterThan(7);
        await scene.RotateAsync(location);
        await scene.LetTimePassAsync();
        (await scene.SecretStatesAsync()).Where(state => state != "retired").ShouldBe(["active"]);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Apple_gets_no_secret_that_a_running_replica_does_not_accept()
    {
        await using var scene = await RegistrationScene.StartWithAsync(
            new ReplicaTimings { MaxWait = TimeSpan.FromSeconds(1) }
        );
        var location = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;
        await scene.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values ('stuck', 0, @soon)",
            new { soon = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds() }
        );

        var failure = await scene.FailToRotateAsync(location);

        failure.Code.ShouldBe(LocationErrorCode.ReplicaBehind);
        failure.Message.ShouldContain("stuck");
        scene.Library.Configuration.ShouldBe(configured);
        (await scene.SecretStatesAsync()).ShouldBe(["active"]);
        await scene.ExecuteAsync("delete from replica where replica_id = 'stuck'");
        (await scene.RotateAsync(location)).IsResumed.ShouldBeFalse();
    }

    [Fact]
    public async Task Another_servers_settings_are_overwritten_only_on_request()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var (owner, url) = (scene.Library.Configuration.MdmInfo!, scene.Library.Configuration.NotificationUrl);
        scene.Library.TakeOver(owner.Id, owner.Name, "", new Uri("https://elsewhere.example.com/in"), "theirs");

        (await scene.FailToRotateAsync(location)).Code.ShouldBe(LocationErrorCode.NotAllowed);
        scene.Library.Configuration.NotificationAuthToken.ShouldBe("theirs");

        await scene.RotateAsync(location, overwrite: true);
        scene.Library.Configuration.NotificationUrl.ShouldBe(url);

        scene.Library.TakeOver("mdm-9", "The other MDM");
        (await scene.FailToRotateAsync(location)).Message.ShouldContain("mdm-9");
        (await scene.FailToRotateAsync(location)).Message.ShouldContain("taken-over");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_partys_secret_or_types_are_overwritten_only_on_request(bool secret)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var configured = scene.Library.Configuration;
        if (secret)
        {
            var owner = configured.MdmInfo!;
            scene.Library.TakeOver(owner.Id, owner.Name, owner.Metadata, secret: "theirs");
        }
        else
        {
            // The hub recorded what it had set; Apple has other settings now.
            await scene.ExecuteAsync("update location set notification_types = '[\"ASSET_COUNT\"]'");
        }

        var theirs = scene.Library.Configuration;
        var failure = await scene.FailToRotateAsync(location);
        var test = new TestRequest(location.LocationId, TimeSpan.Zero);
        await Should.ThrowAsync<LocationException>(() =>
            scene.Service<LocationTest>().TestAsync(test, CancellationToken.None)
        );

        failure.Code.ShouldBe(LocationErrorCode.NotAllowed);
        failure.Message.ShouldContain("--overwrite");
        scene.Library.Configuration.ShouldBe(theirs);
        await scene.RotateAsync(location, overwrite: true);
        scene.Library.Configuration.NotificationAuthToken.ShouldNotBe(theirs.NotificationAuthToken);
        (await scene.PostAsAppleAsync()).ShouldBe(HttpStatusCode.OK);
        (await scene.RotateAsync(location)).IsResumed.ShouldBeFalse();
    }

    private static Func<LocationRotation, Task<RotateResult>> Rotate(Location location) =>
        rotation => rotation.RotateAsync(location.LocationId, overwrite: false, CancellationToken.None);

    private static void LoseResponsesFromPostOn(RegistrationScene scene)
    {
        var posted = false;
        scene.Network.LoseResponse = request => posted |= LossyNetwork.IsPost(request);
    }
}
