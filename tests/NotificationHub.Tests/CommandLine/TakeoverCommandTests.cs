using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Tests.Locations.Takeovers;

namespace NotificationHub.Tests.CommandLine;

/// <summary>The commands and the admin API for a library whose notifications an MDM receives.</summary>
public sealed class TakeoverCommandTests(TakeoverScene shared) : IClassFixture<TakeoverScene>
{
    [Fact]
    public async Task Add_asks_for_a_decision_and_each_step_says_what_happened_to_the_server()
    {
        await using var mdm = await shared.AddMdmAsync();

        var refused = await AddAsync(mdm);
        var added = await AddAsync(mdm, "--relay");
        var location = (await mdm.FindLocationAsync())!;
        var shown = await RunAsync("locations", "show", location.LocationId);
        var removed = await RunAsync("locations", "remove", location.LocationId);

        refused.ExitCode.ShouldBe(ExitCode.Failed);
        refused.Error.ShouldContain(mdm.Host);
        refused.Error.ShouldContain("--replace");
        added.Error.ShouldBeEmpty();
        added.Output.ShouldContain($"instead of {mdm.Host}");
        added.Output.ShouldContain($"to {mdm.Host}, which responded HTTP 200");
        shown.Output.ShouldContain(mdm.Host);
        removed.Output.ShouldContain($"to {mdm.Host} again");
        mdm.ShouldBeAtApple();
        foreach (var run in new[] { refused, added, shown, removed })
        {
            (run.Output + run.Error).ShouldNotContain(mdm.Secret);
        }

        (await DetailAsync("locations add", "other-server")).ShouldBe("refused");
        (await DetailAsync("locations add --relay", $"replaced {mdm.Host}, relays to {mdm.Host}")).ShouldBe(
            "succeeded"
        );
    }

    [Fact]
    public async Task Add_promises_no_restoration_without_the_servers_secret()
    {
        await using var mdm = await shared.AddMdmAsync();
        mdm.Secret = "not usable";
        mdm.Configure();

        var refused = await AddAsync(mdm);
        var added = await AddAsync(mdm, "--replace");

        refused.Error.ShouldContain("`locations remove` cannot restore its URL");
        refused.Error.ShouldNotContain("`locations remove` restores");
        added.Error.ShouldBeEmpty();
        Unwrap(added.Output).ShouldContain("`locations remove` cannot restore that server's URL");
        added.Output.ShouldNotContain("`locations remove` restores");
    }

    [Fact]
    public async Task Rotate_secret_says_which_server_it_overwrote_and_whether_the_relay_goes_there()
    {
        await using var mdm = await shared.AddMdmAsync();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        await using var moved = await shared.AddMdmAsync();
        mdm.Configure(moved.Server.Url);

        var refused = await RotateAsync(location.LocationId);
        var relayed = await RotateAsync(location.LocationId, "--overwrite");
        var target = (await mdm.TargetsAsync(location)).ShouldHaveSingleItem();
        await RunAsync("relay", "remove", location.LocationId);
        mdm.Configure();
        var overwritten = await RotateAsync(location.LocationId, "--overwrite");

        Unwrap(refused.Error).ShouldContain("then gets the URL and secret that Apple has now");
        relayed.Error.ShouldBeEmpty();
        Unwrap(relayed.Output).ShouldContain($"instead of {moved.Host}");
        Unwrap(relayed.Output).ShouldContain($"forwards every notification to {moved.Host}");
        target.Uri.ShouldBe(moved.Server.Url);
        Unwrap(overwritten.Output).ShouldContain($"instead of {mdm.Host}");
        Unwrap(overwritten.Output).ShouldContain($"does not forward notifications to {mdm.Host}");
        const string Action = "locations rotate-secret --overwrite";
        (await DetailAsync(Action, $"replaced {moved.Host}, relays to {moved.Host}")).ShouldBe("succeeded");
        (await DetailAsync(Action, $"replaced {mdm.Host}")).ShouldBe("succeeded");
    }

    [Fact]
    public async Task Add_reads_the_secret_of_a_named_target_from_a_file()
    {
        await using var mdm = await shared.AddMdmAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("secret"), "from-the-file\n");

        var run = await RunAsync(
            "locations",
            "add",
            "--receive-only",
            $"--url={shared.Scene.HubUrl}",
            $"--relay-to={mdm.Server.Url}",
            $"--relay-secret-file={folder.File("secret")}"
        );

        run.Error.ShouldBeEmpty();
        run.Output.ShouldContain("HTTP 200");
        mdm.Server.Deliveries[0].Authorization.ShouldBe("Bearer from-the-file");
    }

    [Fact]
    public async Task Add_rejects_decisions_that_contradict_each_other()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("secret"), "two words");

        var both = await CommandRun.RunAsync(
            "locations",
            "add",
            "--receive-only",
            "--url=https://hub.example.com",
            "--relay",
            "--replace",
            $"--relay-secret-file={folder.File("secret")}"
        );

        both.ExitCode.ShouldBe(ExitCode.Usage);
        both.Error.ShouldNotContain("two words");
        foreach (var option in new[] { "--relay:", "--replace:", "--relay-secret-file:" })
        {
            both.Error.ShouldContain(option);
        }
    }

    [Fact]
    public async Task The_admin_API_asks_for_a_decision_and_returns_the_replaced_server()
    {
        await using var mdm = await shared.AddMdmAsync();
        var (url, contentToken) = (shared.Scene.HubUrl, mdm.Library.ContentTokenFile);

        using var refused = await PostAsync(new { url, contentToken });
        using var added = await PostAsync(
            new
            {
                url,
                contentToken,
                replace = true,
            }
        );

        refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ReadAsync(refused)).GetProperty("code").GetString().ShouldBe("other-server");
        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        var document = await ReadAsync(added);
        document.GetProperty("replacedServer").GetProperty("host").GetString().ShouldBe(mdm.Host);
        document.GetProperty("relayTargets").GetArrayLength().ShouldBe(0);
        var id = document.GetProperty("location").GetProperty("id").GetString();
        var shown = await shared.Scene.Hub.Http.GetStringAsync($"/admin/locations/{id}");
        shown.ShouldNotContain(mdm.Server.Url.AbsolutePath + "\"");
        shown.ShouldNotContain(mdm.Secret);
        var server = JsonDocument.Parse(shown).RootElement.GetProperty("replacedServer");
        (server.GetProperty("host").GetString(), server.GetProperty("restorable").GetBoolean()).ShouldBe(
            (mdm.Host, true)
        );
        using var removed = await shared.Scene.Hub.Http.DeleteAsync($"/admin/locations/{id}?noRestore=true");
        mdm.Library.Configuration.NotificationUrl.ShouldBeNull();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    private Task<HttpResponseMessage> PostAsync(object input) =>
        shared.Scene.Hub.Http.PostAsJsonAsync("/admin/locations", input);

    private static string Unwrap(string output) =>
        string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private Task<CommandRun> RotateAsync(string locationId, params string[] more) =>
        RunAsync(["locations", "rotate-secret", locationId, .. more]);

    private async Task<CommandRun> AddAsync(Mdm mdm, params string[] more)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("library.vpptoken"), mdm.Library.ContentTokenFile);
        return await RunAsync([
            "locations",
            "add",
            $"--token-file={folder.File("library.vpptoken")}",
            $"--url={shared.Scene.HubUrl}",
            .. more,
        ]);
    }

    private Task<CommandRun> RunAsync(params string[] args) =>
        CommandRun.OnAsync(
            shared.Scene.Hub,
            [.. args, $"--Apple:BaseUrl={shared.Scene.Apple.BaseUrl}", "--environment=Development"]
        );

    private Task<string?> DetailAsync(string action, string detail) =>
        shared.Scene.ScalarAsync<string>(
            "select outcome from audit_entry where action = @action and detail = @detail",
            new { action, detail }
        );
}
