using System.Text.RegularExpressions;
using Microsoft.Playwright;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class KeyboardTests(Chromium chromium)
{
    [Fact]
    public async Task The_console_can_be_used_without_a_mouse()
    {
        await using var hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "on-call", "reading-key", "Read"),
        ]);
        await using var tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
        var keyboard = tab.Page.Keyboard;
        var heading = tab.Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

        // The field has the focus.
        await tab.GotoAsync("/console/sign-in");
        await keyboard.TypeAsync("reading-key");
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(heading).ToHaveTextAsync("Overview");

        await keyboard.PressAsync("Tab");
        await Assertions.Expect(tab.Page.Locator(".skip")).ToBeFocusedAsync();
        await Assertions.Expect(tab.Page.Locator(".skip")).ToBeInViewportAsync();
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();

        await tab.GotoAsync("/console");
        await PressUntilAsync(
            tab.Page,
            "Tab",
            tab.Page.GetByRole(AriaRole.Link, new() { Name = "Runbook", Exact = true })
        );
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(heading).ToHaveTextAsync("Runbook");
        // The new page is read from its start.
        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();
        await tab.Page.Locator(".skip").FocusAsync();
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(tab.Page).ToHaveURLAsync(new Regex("/console/runbook#content$"));
        await Assertions.Expect(heading).ToHaveTextAsync("Runbook");

        await PressUntilAsync(tab.Page, "Shift+Tab", tab.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }));
        await keyboard.PressAsync("Enter");
        await Assertions.Expect(heading).ToHaveTextAsync("Sign in");
    }

    [Fact]
    public async Task A_link_to_a_part_of_the_page_does_not_load_it_again()
    {
        await using var hub = await HubHost.StartAsync();
        await using var tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
        await tab.GotoAsync("/console/notifications?type=ASSET_COUNT");
        await tab.Page.GetByLabel("Notification ID").FillAsync("not yet sent");

        await tab.Page.Locator(".skip").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(tab.Page.GetByRole(AriaRole.Main)).ToBeFocusedAsync();
        new Uri(tab.Page.Url).PathAndQuery.ShouldBe("/console/notifications?type=ASSET_COUNT");
        await Assertions.Expect(tab.Page.GetByLabel("Notification ID")).ToHaveValueAsync("not yet sent");
    }

    private static async Task PressUntilAsync(IPage page, string key, ILocator target)
    {
        const int Presses = 30;
        for (var press = 0; press < Presses; press++)
        {
            await page.Keyboard.PressAsync(key);
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        Assert.Fail($"{target} is not reached by {Presses} presses of {key}.");
    }
}
