using System.Net;
using Microsoft.Playwright;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.WebConsole;

namespace NotificationHub.Tests.WebConsole;

public sealed class SignInTests(Chromium chromium) : IAsyncLifetime
{
    private const string Reading = "reading-key";

    private HubHost hub = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    public async ValueTask InitializeAsync()
    {
        hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "inventory", "consumer-key", "Consume"),
            .. AdminHost.Key(1, "on-call", Reading, "Read"),
        ]);
        tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task A_key_opens_the_page_that_was_asked_for_until_sign_out()
    {
        await tab.GotoAsync("/console?from=bookmark");
        await tab.CheckPageAsync("sign-in");

        await tab.SignInAsync(Reading);

        await Assertions.Expect(Page).ToHaveURLAsync($"{hub.Http.BaseAddress}console?from=bookmark");
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("key:on-call");
        await tab.CheckPageAsync("/console");
        var cookies = await Page.Context.CookiesAsync();
        foreach (var cookie in cookies)
        {
            cookie.HttpOnly.ShouldBeTrue(cookie.Name);
            cookie.Secure.ShouldBeTrue(cookie.Name);
            cookie.SameSite.ShouldBe(SameSiteAttribute.Strict, cookie.Name);
            cookie.Path.ShouldBe("/console", cookie.Name);
        }

        cookies.Select(cookie => cookie.Name).ShouldBe(["hub-console", "hub-console-form"], ignoreOrder: true);
        var entry = (await ReadAuditAsync()).ShouldHaveSingleItem();
        entry.Action.ShouldBe("console sign-in");
        entry.Actor.ShouldBe("key:on-call");
        entry.Origin.ShouldBe("console from 127.0.0.1");

        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(Page).ToHaveURLAsync($"{hub.Http.BaseAddress}console/sign-in");
        await tab.GotoAsync("/console");
        new Uri(Page.Url).AbsolutePath.ShouldBe("/console/sign-in");
    }

    [Theory]
    [InlineData("wrong-key")]
    [InlineData("consumer-key")]
    public async Task Another_key_is_refused(string key)
    {
        await tab.GotoAsync("/console");

        await tab.SignInAsync(key);

        await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not a valid admin key");
        await tab.CheckPageAsync("refusal");
        (await Page.ContentAsync()).ShouldNotContain(key);
        (await ReadAuditAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Sign_in_works_without_a_script()
    {
        await using var plain = await chromium.OpenAsync(hub.Http.BaseAddress!, hasScript: false);
        await plain.GotoAsync("/console");

        await plain.SignInAsync(Reading);

        await Assertions
            .Expect(plain.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }))
            .ToHaveTextAsync("Overview");
    }

    [Fact]
    public async Task Attempts_are_limited()
    {
        await tab.GotoAsync("/console/sign-in");
        for (var attempt = 0; attempt < SignInLimiter.AttemptsPerAddress; attempt++)
        {
            await tab.SignInAsync($"wrong-{attempt}");
            await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        }

        await tab.SignInAsync(Reading);

        await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Too many attempts");
    }

    [Fact]
    public async Task After_sign_in_only_pages_of_the_console_are_opened()
    {
        await tab.GotoAsync("/console/sign-in?return=https%3A%2F%2Fevil.example%2Fconsole");

        await tab.SignInAsync(Reading);

        await Assertions.Expect(Page).ToHaveURLAsync($"{hub.Http.BaseAddress}console");
    }

    [Fact]
    public async Task A_cookie_opens_no_API_and_a_key_in_a_header_no_page()
    {
        await tab.GotoAsync("/console");
        await tab.SignInAsync(Reading);
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("key:on-call");
        var cookie = (await Page.Context.CookiesAsync()).Single(one => one.Name == "hub-console");

        using var api = new HttpRequestMessage(HttpMethod.Get, "/admin/audit");
        api.Headers.Add("Cookie", $"{cookie.Name}={cookie.Value}");
        (await hub.Http.SendAsync(api)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = hub.Http.BaseAddress };
        using var page = new HttpRequestMessage(HttpMethod.Get, "/console");
        page.Headers.Add("X-Api-Key", Reading);
        (await http.SendAsync(page)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_form_without_an_antiforgery_token_changes_nothing()
    {
        using var form = new FormUrlEncodedContent([new("Key", Reading), new("_handler", "sign-in")]);

        using var response = await hub.Http.PostAsync("/console/sign-in", form);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Headers.Contains("Set-Cookie").ShouldBeFalse();
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldContain("The form was not accepted");
        text.ShouldContain("use https://");
    }

    private Task<IReadOnlyList<AuditEntry>> ReadAuditAsync() =>
        hub.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after: null, limit: 100),
            CancellationToken.None
        );
}
