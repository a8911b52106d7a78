using System.Net;
using NotificationHub.CommandLine;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class LocationsCommandTests
{
    [Fact]
    public async Task Add_registers_a_location_at_Apple_while_the_hub_runs()
    {
        await using var scene = await RegistrationScene.StartAsync();

        var run = await AddAsync(scene, "--json");

        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(ExitCode.Ok);
        var url = scene.Library.Configuration.NotificationUrl!.ToString();
        var location = run.Json.GetProperty("location");
        location.GetProperty("notificationUrl").GetString().ShouldBe(url);
        url.ShouldEndWith($"/notifications/{location.GetProperty("id").GetString()}");
        location.GetProperty("state").GetString().ShouldBe("valid");
        run.Output.ShouldNotContain(scene.Library.Configuration.NotificationAuthToken!);
    }

    [Fact]
    public async Task Add_reports_the_error_of_Apple()
    {
        await using var scene = await RegistrationScene.StartAsync();
        scene.Library.ContentToken.State = ContentTokenState.Revoked;

        var run = await AddAsync(scene);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain("9625");
        run.Error.ShouldNotContain(scene.Library.ContentToken.Text);
    }

    [Fact]
    public async Task Add_changes_nothing_at_Apple_while_no_hub_runs()
    {
        await using var apple = await SimulatedApple.StartAsync();
        await using var test = await TestDatabase.OpenAsync();
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(
            test.File,
            "locations",
            "add",
            $"--token-file={await TokenFileAsync(folder, apple.AddLocation())}",
            "--url=https://hub.example.com",
            $"--Apple:BaseUrl={apple.BaseUrl}"
        );

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("start the hub");
        apple.Requests.Total.ShouldBe(0);
    }

    [Fact]
    public async Task Add_rejects_a_file_that_is_not_a_content_token()
    {
        await using var test = await TestDatabase.OpenAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("note.txt"), "c2hvcHBpbmcgbGlzdA==");

        var run = await CommandRun.OnAsync(
            test.File,
            "locations",
            "add",
            $"--token-file={folder.File("note.txt")}",
            "--url=https://hub.example.com"
        );

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("--token-file");
        run.Error.ShouldNotContain("c2hvcHBpbmcg");
    }

    [Theory]
    [InlineData("note.txt")]
    [InlineData("there-is-no-such-file")]
    public async Task Add_reports_all_invalid_inputs_at_once(string file)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("note.txt"), "c2hvcHBpbmcgbGlzdA==");

        var run = await CommandRun.RunAsync(
            "locations",
            "add",
            $"--token-file={folder.File(file)}",
            "--url=http://hub.example.com",
            "--mdm-id=",
            $"--mdm-name={new string('x', 200)}",
            $"--mdm-metadata={new string('x', 300)}"
        );

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', ':')[0])
            .ShouldBe(["--token-file", "--url", "--mdm-id", "--mdm-name", "--mdm-metadata"], ignoreOrder: true);
    }

    [Fact]
    public async Task List_prints_the_warnings()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await scene.ExecuteAsync("delete from location_check");
        await scene.ExecuteAsync(
            """
            insert into location_check (location_id, due_at, error, differences, silent_since)
            values (@LocationId, @due, 'no response', '[{"Setting":"notificationUrl","Advice":"Find out."}]', 1)
            """,
            new { location.LocationId, due = long.MaxValue }
        );

        var people = await CommandRun.OnAsync(scene.Hub, "locations", "list");
        var programs = await CommandRun.OnAsync(scene.Hub, "locations", "list", "--json");

        people.Output.ShouldContain("settings-changed, silent, check-failed");
        programs
            .Json.GetProperty("items")[0]
            .GetProperty("warnings")
            .EnumerateArray()
            .Select(word => word.GetString())
            .ShouldBe(["settings-changed", "silent", "check-failed"]);
        (await scene.Hub.Http.GetStringAsync("/admin/locations")).ShouldContain(
            """
            "warnings":["settings-changed","silent","check-failed"]
            """.Trim()
        );
    }

    [Fact]
    public async Task Adding_a_receive_only_location_prints_a_working_secret_once()
    {
        await using var hub = await HubHost.StartAsync();

        var run = await CommandRun.OnAsync(
            hub,
            "locations",
            "add",
            "--receive-only",
            $"--url={hub.Http.BaseAddress}",
            "--json"
        );

        run.ExitCode.ShouldBe(ExitCode.Ok);
        var secret = run.Json.GetProperty("notificationAuthToken").GetString()!;
        (
            await PostAsync(hub, run.Json.GetProperty("location").GetProperty("notificationUrl").GetString()!, secret)
        ).ShouldBe(HttpStatusCode.OK);
        (await CommandRun.OnAsync(hub, "locations", "list", "--json")).Output.ShouldNotContain(secret);
    }

    [Fact]
    public async Task List_prints_every_location_as_a_table_and_as_JSON()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();

        var people = await CommandRun.OnAsync(scene.Hub, "locations", "list");
        var programs = await CommandRun.OnAsync(scene.Hub, "locations", "list", "--json");

        people.Output.ShouldContain(location.LocationId);
        people.Output.ShouldContain("Zürich Hauptsitz");
        var listed = programs.Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        listed.GetProperty("id").GetString().ShouldBe(location.LocationId);
        listed.GetProperty("uId").GetString().ShouldBe(scene.Library.UId);
        listed.GetProperty("receiveOnly").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task List_returns_every_location_once_over_all_pages()
    {
        await using var hub = await HubHost.StartAsync();
        string[] added =
        [
            (await hub.AddLocationAsync()).Id,
            (await hub.AddLocationAsync()).Id,
            (await hub.AddLocationAsync()).Id,
        ];

        var first = (await CommandRun.OnAsync(hub, "locations", "list", "--limit=2", "--json")).Json;
        var next = first.GetProperty("next").GetString()!;
        var second = (await CommandRun.OnAsync(hub, "locations", "list", $"--after={next}", "--json")).Json;

        Ids(first).Count.ShouldBe(2);
        Ids(first).Concat(Ids(second)).ShouldBe(added, ignoreOrder: true);
        second.GetProperty("next").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        (await CommandRun.OnAsync(hub, "locations", "list", "--after=unknown")).ExitCode.ShouldBe(ExitCode.NotFound);
        (await CommandRun.OnAsync(hub, "locations", "list", "--limit=0")).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public async Task Show_prints_the_state_of_secrets_and_no_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();

        var run = await CommandRun.OnAsync(scene.Hub, "locations", "show", location.LocationId, "--json");
        var people = await CommandRun.OnAsync(scene.Hub, "locations", "show", location.LocationId);

        run.Json.GetProperty("location").GetProperty("uId").GetString().ShouldBe(scene.Library.UId);
        run.Json.GetProperty("secrets")[0].GetProperty("state").GetString().ShouldBe("active");
        people.Output.ShouldContain("active");
        (run.Output + people.Output).ShouldNotContain(scene.Library.Configuration.NotificationAuthToken!);
        (await CommandRun.OnAsync(scene.Hub, "locations", "show", "unknown")).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Fact]
    public async Task Verify_prints_differences_with_advice()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var location = await scene.RegisterAsync();
        var apple = $"--Apple:BaseUrl={scene.Apple.BaseUrl}";
        var verified = await CommandRun.OnAsync(scene.Hub, "locations", "verify", location.LocationId, apple);
        verified.ExitCode.ShouldBe(ExitCode.Ok);
        verified.Output.ShouldContain("Apple has the hub's settings.");
        scene.Library.TakeOver("mdm-9", "The other MDM");

        var run = await CommandRun.OnAsync(scene.Hub, "locations", "verify", location.LocationId, apple);

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Output.ShouldContain("mdm-9");
        run.Output.ShouldContain("locations add");
        (await scene.ScalarAsync<string>("select action || ': ' || subject from audit_entry")).ShouldBe(
            "locations verify: state valid to taken-over"
        );
    }

    private static IReadOnlyList<string?> Ids(System.Text.Json.JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("id").GetString())];

    private static async Task<CommandRun> AddAsync(RegistrationScene scene, params string[] more)
    {
        using var folder = new TemporaryFolder();
        return await CommandRun.OnAsync(
            scene.Hub,
            [
                "locations",
                "add",
                $"--token-file={await TokenFileAsync(folder, scene.Library)}",
                $"--url={scene.HubUrl}",
                $"--Apple:BaseUrl={scene.Apple.BaseUrl}",
                .. more,
            ]
        );
    }

    private static async Task<string> TokenFileAsync(TemporaryFolder folder, SimulatedLocation library)
    {
        await File.WriteAllTextAsync(folder.File("library.vpptoken"), library.ContentTokenFile);
        return folder.File("library.vpptoken");
    }

    private static async Task<HttpStatusCode> PostAsync(HubHost hub, string url, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Headers.Authorization = new("Bearer", secret);
        request.Content = new StringContent(TestLocation.Notification("n-1"));
        using var response = await hub.Http.SendAsync(request);
        return response.StatusCode;
    }
}
