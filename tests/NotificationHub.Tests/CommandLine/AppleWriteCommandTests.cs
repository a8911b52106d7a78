using NotificationHub.Apple;
using NotificationHub.CommandLine;
using NotificationHub.CommandLine.Apple;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.CommandLine;

public sealed class AppleWriteCommandTests
{
    [Fact]
    public async Task An_association_is_tracked_until_the_hub_has_published_it()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();

        var run = await RunAsync(
            scene,
            location,
            ["associate", "--asset", "1", "--serial", "D1", "D2", "--yes", "--wait", "--json"]
        );

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Json.GetProperty("isDone").GetBoolean().ShouldBeTrue();
        var request = run.Json.GetProperty("requests").EnumerateArray().ShouldHaveSingleItem();
        (request.GetProperty("kind").GetString(), request.GetProperty("tasks").GetInt32()).ShouldBe(("ASSOCIATE", 2));
        run.Json.GetProperty("operations")[0].GetProperty("state").GetString().ShouldBe("completed");
        run.Json.GetProperty("events").GetProperty("assignment.changed").GetInt32().ShouldBe(2);
        (await scene.EventsAsync("assignment.changed")).Count.ShouldBe(2);
        (
            await scene.ScalarAsync<string>(
                "select outcome || ' ' || subject from audit_entry where action = 'apple associate'"
            )
        ).ShouldBe("succeeded assets 1, 2 devices, 0 users");
        (await scene.ScalarAsync<string>("select announced_by from operation")).ShouldStartWith("os:");
    }

    [Fact]
    public void The_question_before_a_change_names_the_apps() =>
        WriteConfirmation
            .Describe(
                new AssociateAssetsRequest
                {
                    Assets = [new() { AdamId = "1" }, new() { AdamId = "2" }],
                    ClientUserIds = ["ann"],
                },
                adamId => adamId == "1" ? "Keynote" : null
            )
            .ShouldBe("assets 1 (Keynote), 2, 0 devices, 1 users");

    [Fact]
    public async Task Progress_is_printed_for_people()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();

        var run = await RunAsync(scene, location, ["associate", "--asset=1", "--serial=D1", "--yes", "--wait"]);

        run.Output.ShouldContain("Apple: 1 of 1 requests finished.");
        run.Output.ShouldMatch("Apple accepted ASSOCIATE: event [^ ]+, number of tasks: 1\\.");
        run.Output.ShouldContain("assignment.changed (1), operation.completed (1)");
    }

    [Fact]
    public async Task A_failed_task_gives_exit_code_1()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();

        var run = await RunAsync(
            scene,
            location,
            ["associate", "--asset=1", "--serial", "D1", "D2", "D3", "D4", "--yes", "--wait", "--json"]
        );

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Json.GetProperty("operations")[0].GetProperty("state").GetString().ShouldBe("failed");
    }

    [Theory]
    [InlineData("associate", "--asset=1", "--serial=D1")]
    [InlineData("users", "create", "ann")]
    public async Task Nothing_is_sent_without_a_confirmation(params string[] command)
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();
        scene.Apple.Requests.Clear();

        var run = await RunAsync(scene, location, command);

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("--yes");
        scene.Apple.Requests.All.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--serial or --user", "associate", "--asset=1", "--yes")]
    [InlineData("--serial or --user", "revoke", "--yes")]
    [InlineData("--user", "users", "retire", "--yes")]
    [InlineData("digits", "associate", "--asset=one", "--serial=D1", "--yes")]
    [InlineData("digits", "associate", "--asset=1/GOLD", "--serial=D1", "--yes")]
    public async Task An_incomplete_command_names_the_option(string expected, params string[] command)
    {
        await using var hub = await HubHost.StartAsync();

        var run = await CommandRun.OnAsync(hub, ["apple", .. command, "--location=somewhere"]);

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain(expected);
    }

    [Fact]
    public async Task A_read_only_token_is_recognized_and_reported_until_it_is_renewed()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();
        scene.Library.ContentToken.IsReadOnly = true;

        var run = await RunAsync(scene, location, ["associate", "--asset=1", "--serial=D1", "--yes"]);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("is read-only");
        run.Error.ShouldContain("Nothing was changed.");
        (await scene.ScalarAsync<string>("select outcome from audit_entry where action = 'apple associate'")).ShouldBe(
            "refused"
        );
        (await CommandRun.OnAsync(scene.Hub, "locations", "show", location)).Output.ShouldContain(
            "read-only: Apple refuses changes"
        );
    }

    [Fact]
    public async Task After_a_lost_response_only_what_is_missing_is_sent()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();
        scene.Apple.Faults.Next("/assets/associate", Fault.LoseResponse());
        string[] command = ["associate", "--asset=1", "--serial", "D1", "D2", "--yes"];

        var lost = await RunAsync(scene, location, command);

        lost.ExitCode.ShouldBe(ExitCode.Failed);
        lost.Error.ShouldContain("It is unknown whether Apple accepted the request.");
        lost.Error.ShouldContain("--missing-only");
        await Until.TrueAsync(
            () => Task.FromResult(scene.Library.ExportState().Assignments.Count == 2),
            "Apple has processed the request whose response was lost"
        );
        scene.Library.Silently(change => change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device("D2")));

        var resent = await RunAsync(scene, location, [.. command, "--missing-only", "--wait", "--json"]);

        resent.Error.ShouldBeEmpty();
        resent.ExitCode.ShouldBe(ExitCode.Ok);
        resent
            .Json.GetProperty("requests")
            .EnumerateArray()
            .ShouldHaveSingleItem()
            .GetProperty("tasks")
            .GetInt32()
            .ShouldBe(1);
        (await RunAsync(scene, location, [.. command, "--missing-only"])).Output.ShouldContain("Nothing is missing");
    }

    [Fact]
    public async Task Users_are_created_changed_and_retired()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();
        string[] wait = ["--yes", "--wait"];

        (
            await RunAsync(scene, location, ["users", "create", "ann", "--email=ann@example.com", .. wait])
        ).ExitCode.ShouldBe(ExitCode.Ok);
        (await RunAsync(scene, location, ["users", "--json"]))
            .Json.GetProperty("users")[0]
            .GetProperty("status")
            .GetString()
            .ShouldBe("Registered");
        (
            await RunAsync(
                scene,
                location,
                ["users", "update", "ann", "--managed-apple-account=ann@school.example", .. wait]
            )
        ).ExitCode.ShouldBe(ExitCode.Ok);
        (await RunAsync(scene, location, ["users", "retire", "--user=ann", .. wait])).ExitCode.ShouldBe(ExitCode.Ok);

        (await RunAsync(scene, location, ["users", "--json"]))
            .Json.GetProperty("users")[0]
            .GetProperty("status")
            .GetString()
            .ShouldBe("Retired");
        (await scene.ScalarAsync<long>("select count(*) from audit_entry where subject like '%ann%'")).ShouldBe(
            0,
            "the audit log contains no personal data"
        );
    }

    [Fact]
    public async Task A_wait_without_a_running_hub_sends_nothing()
    {
        await using var scene = await StartAsync();
        var location = await scene.ImportAsync();
        await scene.Hub.StopAsync();
        scene.Apple.Requests.Clear();

        var run = await RunAsync(scene, location, ["associate", "--asset=1", "--serial=D1", "--yes", "--wait"]);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("No hub is running");
        scene.Apple.Requests.Count("/assets/associate").ShouldBe(0);
    }

    private static async Task<RegistrationScene> StartAsync()
    {
        // Apple's notifications follow the announcement, as they do in practice. The hub does not wait long for more
        // requests of the same record.
        var scene = await RegistrationScene.StartAsync(
            new SimulatedAppleOptions { EventDelay = TimeSpan.FromSeconds(1) },
            "Refetch:QuietPeriod=00:00:00.05",
            "Refetch:InitialMaxWait=00:00:00.1",
            "Refetch:LongestMaxWait=00:00:00.2"
        );
        scene.Library.AddAsset("1", total: 3);
        return scene;
    }

    private static Task<CommandRun> RunAsync(RegistrationScene scene, string location, string[] command) =>
        CommandRun.OnAsync(
            scene.Hub,
            ["apple", .. command, $"--location={location}", $"--Apple:BaseUrl={scene.Apple.BaseUrl}"]
        );
}
