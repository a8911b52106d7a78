using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NotificationHub.Auth;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class EntraSignInTests(Chromium chromium) : IAsyncLifetime
{
    private TokenIssuer issuer = null!;
    private HubHost hub = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    public async ValueTask InitializeAsync()
    {
        issuer = await TokenIssuer.StartAsync();
        hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            "Admin:Urls=http://127.0.0.1:0",
            .. issuer.SignInSettings,
        ]);
        tab = await chromium.OpenAsync(hub.AdminUrl!, issuer: issuer.Authority);
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await hub.DisposeAsync();
        await issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_person_with_an_app_role_returns_to_the_page_that_was_asked_for()
    {
        issuer.SignInRoles = ["Other.Role", HubPolicies.Read];
        await tab.GotoAsync("/console/runbook?from=bookmark");
        await tab.CheckPageAsync("sign-in");

        await SignInAsync();

        await Assertions.Expect(Page).ToHaveURLAsync(new Regex(@"/console/runbook\?from=bookmark$"));
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("entra:0d7e9c1a-person");
        var entry = (
            await hub.Database.ReadAsync(
                connection => AuditLog.ListAsync(connection, after: null, limit: 100),
                CancellationToken.None
            )
        ).ShouldHaveSingleItem();
        entry.Action.ShouldBe("console sign-in");
        entry.Actor.ShouldBe("entra:0d7e9c1a-person");
        var session = (await Page.Context.CookiesAsync()).Single(cookie => cookie.Name == "hub-console");
        session.SameSite.ShouldBe(SameSiteAttribute.Strict);
        await tab.CheckPageAsync("after sign-in");
    }

    [Fact]
    public async Task A_person_without_an_app_role_for_administration_is_refused()
    {
        issuer.SignInRoles = [HubPolicies.Consume];
        await tab.GotoAsync("/console");

        await SignInAsync();

        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Not allowed");
        (await Page.Context.CookiesAsync()).ShouldNotContain(cookie => cookie.Name == "hub-console");
    }

    [Fact]
    public async Task A_callback_that_no_sign_in_began_leads_to_the_sign_in_page()
    {
        await tab.GotoAsync($"{ConsoleEntraSignIn.CallbackPath}?code=stolen&state=forged");

        await Assertions.Expect(Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Entra ID failed");
        await tab.CheckPageAsync("failure");
    }

    [Fact]
    public async Task A_link_of_another_site_does_not_lead_on_from_the_last_page_of_a_sign_in()
    {
        await tab.GotoAsync($"{ConsoleEntraSignIn.CompletedPath}?{ConsoleSessions.ReturnParameter}=/console/audit");

        await Assertions.Expect(Page.GetByRole(AriaRole.Link, new() { Name = "Continue" })).ToBeVisibleAsync();
        await Assertions.Expect(Page.Locator("meta[http-equiv=refresh]")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_public_listener_has_no_callback()
    {
        using var nowhere = await hub.Http.GetAsync("/nowhere?code=x&state=y");
        using var callback = await hub.Http.GetAsync($"{ConsoleEntraSignIn.CallbackPath}?code=x&state=y");

        callback.StatusCode.ShouldBe(nowhere.StatusCode);
    }

    private Task SignInAsync() =>
        Page.GetByRole(AriaRole.Link, new() { Name = "Sign in with Microsoft Entra ID" }).ClickAsync();
}
