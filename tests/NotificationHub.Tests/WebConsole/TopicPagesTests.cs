using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.WebConsole;

namespace NotificationHub.Tests.WebConsole;

public sealed class TopicPagesTests(Chromium chromium) : ConsoleTests(chromium, hasBus: true)
{
    [Fact]
    public async Task The_list_leads_to_the_status_of_a_topic_and_its_subscriptions()
    {
        var history = Hub.Services.GetRequiredService<FlowHistory>();
        await history.SampleAsync(CancellationToken.None);
        await Hub.PublishAsync(3);
        await history.SampleAsync(CancellationToken.None);

        await Tab.CheckAsync("/console/topics");
        await Assertions.Expect(Page.Locator("tbody tr:has-text('assets')")).ToContainTextAsync("idle");
        await Page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "assets" }).ClickAsync();

        await Assertions.Expect(Page).ToHaveURLAsync(new Regex("/console/topics/assets$"));
        await Tab.CheckAsync("/console/topics/assets");
        await Assertions.Expect(Fact("Published up to seq")).ToHaveTextAsync("3");
        await Assertions.Expect(Fact("Pending")).ToHaveTextAsync("0");
        await Assertions.Expect(Fact("Publisher")).ToHaveTextAsync("this replica");
        await Assertions
            .Expect(Page.GetByRole(AriaRole.Img, new() { Name = "Throughput of topic assets" }))
            .ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "Dead letters of inventory" }).ClickAsync();
        await Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync("Dead letters of assets/inventory");
    }

    [Fact]
    public async Task A_topic_that_accepts_nothing_shows_the_error_and_since_when()
    {
        await Bus.StopListeningAsync(CancellationToken.None);
        await Hub.AppendAsync(2);
        await Tab.GotoAsync("/console/topics/assets");

        // The page refreshes itself.
        await Assertions
            .Expect(Page.Locator(".title .badge"))
            .ToContainTextAsync("stopped", new() { Timeout = 20_000 });

        await Assertions.Expect(Page.Locator(".alert")).ToContainTextAsync("Service Bus could not be reached");
        await Assertions.Expect(Fact("Pending")).ToHaveTextAsync("2");
        await Assertions.Expect(Fact("State since")).ToContainTextAsync("ago");
    }

    [Fact]
    public async Task An_unknown_topic_is_not_found_and_the_page_names_the_known_ones()
    {
        (await Tab.GotoAsync("/console/topics/weather")).Status.ShouldBe(404);

        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("assets, hub");
        await Tab.CheckPageAsync("unknown topic");
    }

    private ILocator Fact(string name) => Page.Locator($".facts div:has(dt:text-is('{name}')) dd");
}
