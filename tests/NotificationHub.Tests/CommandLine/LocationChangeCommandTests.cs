using NotificationHub.CommandLine;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.CommandLine;

/// <summary>The commands that change one location.</summary>
public sealed class LocationChangeCommandTests
{
    [Fact]
    public async Task Rotate_secret_prints_the_location_and_no_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        var before = scene.Library.Configuration.NotificationAuthToken!;
        await scene.ImportHasBegunAsync();

        var run = await RunAsync(scene, "rotate-secret", location, "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Json.GetProperty("resumed").GetBoolean().ShouldBeFalse();
        run.Json.GetProperty("location").GetProperty("state").GetString().ShouldBe("valid");
        run.Json.GetProperty("location").GetProperty("progress").GetProperty("import").GetString().ShouldNotBeEmpty();
        var after = scene.Library.Configuration.NotificationAuthToken!;
        after.ShouldNotBe(before);
        run.Output.ShouldNotContain(after);
        (
            await scene.ScalarAsync<string>("select outcome from audit_entry where action = 'locations rotate-secret'")
        ).ShouldBe("succeeded");
    }

    [Fact]
    public async Task Test_gives_exit_code_1_if_the_notification_does_not_arrive()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        (await RunAsync(scene, "test", location)).ExitCode.ShouldBe(ExitCode.Ok);
        scene.Apple.Faults.Next("/client/config", Fault.Slow(TimeSpan.Zero), Fault.Error(9728));

        var run = await RunAsync(scene, "test", location, "--json");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Json.GetProperty("outcome").GetString().ShouldBe("not-arrived");
    }

    [Theory]
    [InlineData("--wait=20")]
    [InlineData("--wait=00:00:20")]
    public async Task Test_accepts_a_wait_in_seconds_or_as_a_time(string wait)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();

        var run = await RunAsync(scene, "test", location, wait);

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
    }

    [Theory]
    [InlineData("301", "5 minutes")]
    [InlineData("00:05:01", "5 minutes")]
    [InlineData("soon", "seconds")]
    [InlineData("1.5", "seconds")]
    public async Task Test_rejects_an_invalid_wait(string wait, string said)
    {
        await using var hub = await HubHost.StartAsync();

        var run = await CommandRun.OnAsync(hub, "locations", "test", "unknown", $"--wait={wait}");

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain(said);
    }

    [Fact]
    public async Task Renew_token_reports_all_invalid_inputs_at_once()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("note.txt"), "c2hvcHBpbmcgbGlzdA==");

        var run = await CommandRun.RunAsync(
            "locations",
            "renew-token",
            "no-id",
            $"--token-file={folder.File("note.txt")}"
        );

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("not a location ID");
        run.Error.ShouldContain("--token-file");
        run.Error.ShouldNotContain("c2hvcHBpbmcg");
    }

    [Fact]
    public async Task Renew_token_accepts_a_new_token_of_the_same_library()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddDays(300));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("new.vpptoken"), scene.Library.ContentTokenFile);

        var run = await RunAsync(scene, "renew-token", location, $"--token-file={folder.File("new.vpptoken")}");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Output.ShouldNotContain(scene.Library.ContentToken.Text);
        (await CommandRun.OnAsync(scene.Hub, "locations", "renew-token", location.LocationId)).ExitCode.ShouldBe(
            ExitCode.Usage
        );
    }

    [Fact]
    public async Task Remove_clears_the_configuration_at_Apple()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        (await RunAsync(scene, "remove", location, "--delete-data=maybe")).ExitCode.ShouldBe(ExitCode.Usage);

        var run = await RunAsync(scene, "remove", location, "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Json.GetProperty("location").GetProperty("state").GetString().ShouldBe("removed");
        run.Json.GetProperty("apple").GetProperty("isDone").GetBoolean().ShouldBeTrue();
        scene.Library.Configuration.NotificationUrl.ShouldBeNull();
        var again = await RunAsync(scene, "remove", location);
        again.ExitCode.ShouldBe(ExitCode.Failed);
        again.Error.ShouldContain("was removed");
    }

    internal static Task<CommandRun> RunAsync(
        RegistrationScene scene,
        string command,
        Location location,
        params string[] more
    ) =>
        CommandRun.OnAsync(
            scene.Hub,
            ["locations", command, location.LocationId, $"--Apple:BaseUrl={scene.Apple.BaseUrl}", .. more]
        );
}
