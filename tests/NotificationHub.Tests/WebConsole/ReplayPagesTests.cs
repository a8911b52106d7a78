using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.Replays;

namespace NotificationHub.Tests.WebConsole;

public sealed class ReplayPagesTests(Chromium chromium) : ConsoleTests(chromium, hasBus: true)
{
    [Fact]
    public async Task A_replay_is_counted_started_and_followed_to_its_end()
    {
        await Hub.PublishAsync(30);
        await Tab.GotoAsync("/console/replays");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Start a replay" }).ClickAsync();
        await Page.GetByLabel("Subscription").SelectOptionAsync("inventory");
        await Page.GetByLabel("After seq").FillAsync("10");
        await Page.GetByLabel("Events per second").FillAsync("10");

        await ClickAsync("Count the events");
        await Assertions
            .Expect(Page.Locator("main").GetByRole(AriaRole.Status))
            .ToContainTextAsync("20 events, after seq 10 up to 30. At 10 per second, sending takes 2 s or more.");
        await Tab.CheckPageAsync("the preview");
        (await ListAsync()).ShouldBeEmpty();
        await ClickAsync("Start the replay");

        await Assertions.Expect(Page).ToHaveURLAsync(new Regex("/console/replays/(?!start)"));
        var replay = (await ListAsync()).ShouldHaveSingleItem();
        (replay.Topic, replay.Subscription, replay.After, replay.Rate).ShouldBe(("assets", "inventory", 10, 10));
        await Assertions.Expect(Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("max", "20");
        await Tab.CheckPageAsync("a running replay");
        await Page.EvaluateAsync("window.isSame = true");
        await Assertions
            .Expect(Page.Locator(".title .badge"))
            .ToContainTextAsync("completed", new() { Timeout = 30_000 });
        (await Page.EvaluateAsync<bool>("window.isSame")).ShouldBeTrue();
        await Assertions.Expect(Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("value", "20");
        await Assertions.Expect(Page.Locator("main form")).ToHaveCountAsync(0);
        await Tab.CheckAsync("/console/replays?topic=assets");
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync("20 of 20");
        var entry = (await Hub.ReadAuditAsync()).ShouldHaveSingleItem();
        (entry.Action, entry.Origin).ShouldBe(("replay start", "console from 127.0.0.1"));
    }

    [Fact]
    public async Task A_paused_replay_shows_why_and_can_be_canceled()
    {
        await Hub.PublishAsync(10);
        await Bus.StopListeningAsync(CancellationToken.None);
        var replay = await Hub
            .Services.GetRequiredService<ReplayService>()
            .StartAsync(new ReplayInput { Topic = "assets", After = 0 }, TestActor.Operator, CancellationToken.None);
        await Tab.GotoAsync($"/console/replays/{replay.Id}");

        await Assertions.Expect(Page.Locator(".alert")).ToContainTextAsync("Paused: ", new() { Timeout = 30_000 });
        await Tab.CheckPageAsync("a paused replay");
        await ClickAsync("Cancel the replay");

        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("canceled");
        await Assertions.Expect(Page.Locator("main form")).ToHaveCountAsync(0);
        (await Hub.ReadAuditAsync()).ShouldContain(entry =>
            entry.Action == "replay cancel" && entry.Origin == "console from 127.0.0.1"
        );
    }

    [Fact]
    public async Task Errors_are_shown_at_their_fields_and_nothing_is_started()
    {
        await Tab.GotoAsync("/console/replays/start");
        await Page.GetByLabel("Topic").SelectOptionAsync("users");
        await Page.GetByLabel("Subscription").SelectOptionAsync("deployment");
        await Page.GetByLabel("Event type").FillAsync("asset.changed");
        await Page.GetByLabel("Events per second").FillAsync("many");

        await ClickAsync("Count the events");

        await Assertions.Expect(Page.Locator("#after-error")).ToContainTextAsync("exactly one of after and since");
        await Assertions
            .Expect(Page.Locator("#subscription-error"))
            .ToContainTextAsync("declares no such subscription");
        await Assertions
            .Expect(Page.Locator("#type-error"))
            .ToContainTextAsync("must be an event type of the topic users");
        await Assertions.Expect(Page.Locator("#rate-error")).ToContainTextAsync("must be a whole number");
        await Assertions.Expect(Page.GetByLabel("Event type")).ToHaveValueAsync("asset.changed");
        await Assertions
            .Expect(Page.GetByRole(AriaRole.Button, new() { Name = "Start the replay" }))
            .ToHaveCountAsync(0);
        await Tab.CheckPageAsync("errors at fields");
    }

    [Fact]
    public async Task It_works_without_a_script_and_counts_by_time()
    {
        await Hub.PublishAsync(5);
        await using var plain = await Chromium.OpenAsync(Hub.Http.BaseAddress!, hasScript: false);
        var page = plain.Page;
        await plain.GotoAsync("/console/replays/start?topic=assets&subscription=inventory");
        await page.GetByLabel("Since (UTC)").FillAsync("2020-01-01T00:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Count the events" }).ClickAsync();

        await Assertions.Expect(page.Locator("main").GetByRole(AriaRole.Status)).ToContainTextAsync("5 events");
        await Assertions.Expect(page.GetByLabel("Since (UTC)")).ToHaveValueAsync("2020-01-01T00:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start the replay" }).ClickAsync();

        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync((await ListAsync()).Single().Id!);
    }

    [Fact]
    public async Task An_unknown_replay_is_not_found()
    {
        (await Tab.GotoAsync("/console/replays/hk3v5bq2md")).Status.ShouldBe(404);

        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("There is no replay hk3v5bq2md.");
    }

    private Task<IReadOnlyList<Replay>> ListAsync() =>
        Hub.Services.GetRequiredService<ReplayService>().ListAsync(null, null, 100, CancellationToken.None);

    private Task ClickAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
}
