using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.WebConsole;

namespace NotificationHub.Tests.WebConsole;

public sealed class OverviewTests(Chromium chromium) : ConsoleTests(chromium)
{
    [Fact]
    public async Task In_Development_the_root_leads_to_the_overview_without_sign_in()
    {
        await Hub.AddLocationAsync();

        await Tab.GotoAsync("/");

        new Uri(Page.Url).AbsolutePath.ShouldBe("/console");
        await Tab.CheckAsync("/console");
        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("healthy");
        await Assertions.Expect(Page.Locator(".stage h3")).ToContainTextAsync(["Apple", "Intake", "Routing"]);
    }

    [Fact]
    public async Task The_numbers_change_without_a_reload()
    {
        var location = await Hub.AddLocationAsync();
        await Page.Clock.InstallAsync();
        await Tab.GotoAsync("/console");
        var seq = Page.Locator(".stage:has(h3:text-is('Intake')) dd").Last;
        await Assertions.Expect(seq).ToHaveTextAsync("–");
        await Page.EvaluateAsync("window.isSame = true");

        (await location.PostAsync(TestLocation.Notification("n-1"))).EnsureSuccessStatusCode();
        await Page.Clock.FastForwardAsync(5_000);

        await Assertions.Expect(seq).ToHaveTextAsync("1");
        (await Page.EvaluateAsync<bool>("window.isSame")).ShouldBeTrue();
    }

    [Fact]
    public async Task What_needs_attention_comes_with_advice()
    {
        await Hub.AddLocationAsync();
        await Hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update location set state = 'revoked'"),
            CancellationToken.None
        );

        await Tab.CheckAsync("/console");

        var item = Page.Locator(".attention li");
        await Assertions.Expect(item).ToContainTextAsync("locations revoked: 1");
        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("degraded");
        await item.GetByRole(AriaRole.Link, new() { Name = "location-states" }).ClickAsync();
        await Assertions.Expect(Page.Locator("h3#location-states")).ToBeInViewportAsync();
    }

    [Fact]
    public async Task The_charts_show_the_samples_of_the_last_hours()
    {
        var location = await Hub.AddLocationAsync();
        var history = Hub.Services.GetRequiredService<FlowHistory>();
        await history.SampleAsync(CancellationToken.None);
        (await location.PostAsync(TestLocation.Notification("n-1"))).EnsureSuccessStatusCode();
        (await location.PostAsync(TestLocation.Notification("n-2"))).EnsureSuccessStatusCode();
        await history.SampleAsync(CancellationToken.None);

        await Tab.CheckAsync("/console");

        await Assertions.Expect(Page.GetByText("One sample per minute since")).ToBeVisibleAsync();
        await Assertions
            .Expect(Page.GetByRole(AriaRole.Img, new() { NameRegex = new("^Oldest pending of Routing since") }))
            .ToBeVisibleAsync();
        history.Samples.Sum(sample => sample.Received ?? 0).ShouldBe(2);
        history.IntakeRate.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_runbook_is_readable_in_the_console() => await Tab.CheckAsync("/console/runbook");

    [Fact]
    public async Task An_unknown_page_is_a_page_with_a_way_back()
    {
        var response = await Tab.GotoAsync("/console/nowhere");

        response.Status.ShouldBe(404);
        await Tab.CheckPageAsync("/console/nowhere");
        await Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Overview" }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Overview");
        new Uri(Page.Url).AbsolutePath.ShouldBe("/console");
    }

    [Fact]
    public async Task An_unexpected_error_is_a_page_without_details()
    {
        await Hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("alter table event_log rename to gone"),
            CancellationToken.None
        );

        (await Tab.GotoAsync("/console")).Status.ShouldBeOneOf(200, 500);

        (await Page.ContentAsync()).ShouldNotContain("   at ");
        (await Page.ContentAsync()).ShouldNotContain("SELECT", Case.Insensitive);
    }
}
