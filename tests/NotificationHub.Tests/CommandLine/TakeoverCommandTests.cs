using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.CommandLine;
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
        document.GetProperty("replacedServer").GetString().ShouldBe(mdm.Host);
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
