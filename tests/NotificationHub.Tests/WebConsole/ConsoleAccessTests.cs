using System.Net;
using NotificationHub.Hosting;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

/// <summary>Where the console is served, and with which headers.</summary>
public sealed class ConsoleAccessTests
{
    [Theory]
    [InlineData("environment=Production")]
    [InlineData("environment=Production", "Console:Enabled=false")]
    [InlineData("environment=Development", "Console:Enabled=false")]
    public async Task Where_it_is_not_enabled_no_page_exists(params string[] settings)
    {
        await using var hub = await ScenarioHub.StartAsync([
            .. settings,
            .. AdminHost.Key(0, "on-call", "operating-key", "Operate"),
        ]);

        foreach (var path in (string[])["/", "/console", "/console/sign-in", "/console/nowhere"])
        {
            (await hub.Http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public void It_cannot_be_enabled_without_a_way_to_sign_in()
    {
        var hub = HubApplication.Compose(["--environment=Production", "--Console:Enabled=true"]);

        Should
            .Throw<ConfigurationException>(hub.ThrowIfInvalid)
            .Message.ShouldContain("Console:Enabled: requires a way to sign in");
    }

    [Fact]
    public async Task With_a_separate_listener_only_this_listener_serves_it()
    {
        await using var hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            "Admin:Urls=http://127.0.0.1:0",
            .. AdminHost.Key(0, "on-call", "operating-key", "Operate"),
        ]);
        using var admin = new HttpClient { BaseAddress = hub.AdminUrl };

        foreach (var path in (string[])["/console", "/console/sign-in", "/console/nowhere"])
        {
            (await hub.Http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            (await admin.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
        }
    }

    [Fact]
    public async Task Pages_forbid_scripts_of_others_and_frames_and_only_files_are_cached()
    {
        await using var hub = await HubHost.StartAsync();

        using var page = await hub.Http.GetAsync("/console");
        var html = await page.Content.ReadAsStringAsync();
        var stylesheet = html.Split('"').First(part => part.EndsWith(".css", StringComparison.Ordinal));
        using var file = await hub.Http.GetAsync(stylesheet);

        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldStartWith("default-src 'none'; script-src 'self'; style-src 'self';");
        policy.ShouldContain("frame-ancestors 'none'");
        policy.ShouldNotContain("unsafe");
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
        file.StatusCode.ShouldBe(HttpStatusCode.OK);
        file.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable");
        html.ShouldNotContain(" style=");
    }
}
