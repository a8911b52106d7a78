using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.CommandLine;

public sealed class AppleReadCommandTests
{
    [Theory]
    [InlineData("assets", "assets")]
    [InlineData("assignments", "assignments")]
    [InlineData("subscriptions", "subscriptions")]
    public async Task Records_are_listed_with_their_names(string command, string member)
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;
        await NameAsync(scene, "361285480", "Keynote");
        await NameAsync(scene, "77", "News Plus");

        var run = await RunAsync(scene, location, command, "--json");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        var record = run.Json.GetProperty(member).EnumerateArray().ShouldHaveSingleItem();
        record.GetProperty("name").GetString().ShouldBe(command == "subscriptions" ? "News Plus" : "Keynote");
        record.GetProperty("adamId").ToString().ShouldBe(command == "subscriptions" ? "77" : "361285480");
        (await RunAsync(scene, location, command)).Output.ShouldContain(
            command == "subscriptions" ? "News Plus" : "Keynote"
        );
    }

    [Fact]
    public async Task Lists_work_without_names_and_without_Client_Config()
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;
        scene.Apple.Faults.Next("/lookup", Fault.WebPage(503));
        scene.Apple.Faults.Next("/client/config", Fault.WebPage(503));

        var run = await RunAsync(scene, location, "assets", "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Json.GetProperty("assets")[0].GetProperty("name").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_long_list_ends_at_the_limit()
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;

        var run = await RunAsync(scene, location, "users", "--limit=1");

        run.Output.ShouldContain("There are more.");
        run.Output.ShouldContain("ann");
        run.Output.ShouldNotContain("ben");
    }

    [Fact]
    public async Task The_status_of_a_request_shows_its_failures()
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;
        var failed = await scene.Library.AssociateAsync(
            ["361285480"],
            [.. Enumerable.Range(0, 20).Select(i => $"D{i}")]
        );

        await NameAsync(scene, "361285480", "Keynote");

        var run = await RunAsync(scene, location, "status", failed, "--json");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Json.GetProperty("status").GetProperty("failures").GetArrayLength().ShouldBeGreaterThan(0);
        run.Json.GetProperty("names").GetProperty("361285480").GetString().ShouldBe("Keynote");
        (await RunAsync(scene, location, "status", failed)).Output.ShouldContain("361285480 (Keynote)");
    }

    [Fact]
    public async Task An_unknown_event_ID_is_reported_with_advice()
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;

        var run = await RunAsync(scene, location, "status", "nope");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("Check the event ID");
    }

    [Fact]
    public async Task A_revoked_token_is_reported_with_advice()
    {
        await using var scene = await StartAsync();
        var location = (await scene.RegisterAsync()).LocationId;
        scene.Library.ContentToken.State = NotificationHub.Simulator.Apple.ContentTokenState.Revoked;

        var run = await RunAsync(scene, location, "assets");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("locations renew-token");
    }

    [Fact]
    public async Task An_unknown_location_gives_exit_code_3()
    {
        await using var scene = await StartAsync();

        (await RunAsync(scene, "nowhere", "assets")).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    private static async Task<RegistrationScene> StartAsync()
    {
        var scene = await RegistrationScene.StartWithoutImportAsync();
        scene.Library.AddAsset("361285480", total: 5);
        await scene.Library.AssociateAsync(["361285480"], ["D0"]);
        scene.Library.AddUser("ann");
        scene.Library.AddUser("ben");
        scene.Library.AddSubscription(77, renewing: 5);
        return scene;
    }

    private static Task NameAsync(RegistrationScene scene, string adamId, string name) =>
        scene.Hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into content_metadata (country, adam_id, name, kind, icon, expires_at)
                    values ('CH', @adamId, @name, null, null, @expiresAt)
                    """,
                    new
                    {
                        adamId,
                        name,
                        expiresAt = DateTimeOffset.MaxValue,
                    }
                ),
            CancellationToken.None
        );

    private static Task<CommandRun> RunAsync(RegistrationScene scene, string location, params string[] command) =>
        CommandRun.OnAsync(
            scene.Hub,
            ["apple", .. command, $"--location={location}", $"--Apple:BaseUrl={scene.Apple.BaseUrl}"]
        );
}
