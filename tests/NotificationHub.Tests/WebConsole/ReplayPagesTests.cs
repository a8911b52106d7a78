using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NotificationHub.LocalBus;
using NotificationHub.Replays;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class ReplayPagesTests(Chromium chromium) : IAsyncLifetime
{
    private LocalServiceBus bus = null!;
    private HubHost hub = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    public async ValueTask InitializeAsync()
    {
        bus = await LocalServiceBus.StartAsync();
        hub = await HubHost.StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
        tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await hub.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task A_replay_is_counted_started_and_followed_to_its_end()
    {
        await hub.PublishAsync(30);
        await tab.GotoAsync("/console/replays");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Start a replay" }).ClickAsync();
        await Page.GetByLabel("Subscription").SelectOptionAsync("inventory");
        await Page.GetByLabel("After seq").FillAsync("10");
        await Page.GetByLabel("Events per second").FillAsync("10");

        await ClickAsync("Count the events");
        await Assertions
            .Expect(Page.Locator("main").GetByRole(AriaRole.Status))
            .ToContainTextAsync("20 events, after seq 10 up to 30. At 10 per second, sending takes 2 s or more.");
        await tab.CheckPageAsync("the preview");
        (await ListAsync()).ShouldBeEmpty();
        await ClickAsync("Start the replay");

        await Page.WaitForURLAsync(url =>
            url.Contains("/console/replays/", StringComparison.Ordinal) && !url.Contains("start")
        );
        var replay = (await ListAsync()).ShouldHaveSingleItem();
        (replay.Topic, replay.Subscription, replay.After, replay.Rate).ShouldBe(("assets", "inventory", 10, 10));
        await Assertions.Expect(Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("max", "20");
        await tab.CheckPageAsync("a running replay");
        await Page.EvaluateAsync("window.isSame = true");
        await Assertions
            .Expect(Page.Locator(".title .badge"))
            .ToContainTextAsync("completed", new() { Timeout = 30_000 });
        (await Page.EvaluateAsync<bool>("window.isSame")).ShouldBeTrue();
        await Assertions.Expect(Page.GetByRole(AriaRole.Progressbar)).ToHaveAttributeAsync("value", "20");
        await Assertions.Expect(Page.Locator("main form")).ToHaveCountAsync(0);
        await tab.CheckAsync("/console/replays?topic=assets");
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync("20 of 20");
        var entry = (await hub.ReadAuditAsync()).ShouldHaveSingleItem();
        (entry.Action, entry.Origin).ShouldBe(("replay start", "console from 127.0.0.1"));
    }

    [Fact]
    public async Task A_paused_replay_shows_why_and_can_be_canceled()
    {
        await hub.PublishAsync(10);
        await bus.StopListeningAsync(CancellationToken.None);
        var replay = await hub
            .Services.GetRequiredService<ReplayService>()
            .StartAsync(new ReplayInput { Topic = "assets", After = 0 }, TestActor.Operator, CancellationToken.None);
        await tab.GotoAsync($"/console/replays/{replay.Id}");

        await Assertions.Expect(Page.Locator(".alert")).ToContainTextAsync("Paused: ", new() { Timeout = 30_000 });
        await tab.CheckPageAsync("a paused replay");
        await ClickAsync("Cancel the replay");

        await Assertions.Expect(Page.Locator(".title .badge")).ToContainTextAsync("canceled");
        await Assertions.Expect(Page.Locator("main form")).ToHaveCountAsync(0);
        (await hub.ReadAuditAsync()).ShouldContain(entry =>
            entry.Action == "replay cancel" && entry.Origin == "console from 127.0.0.1"
        );
    }

    [Fact]
    public async Task Errors_are_shown_at_their_fields_and_nothing_is_started()
    {
        await tab.GotoAsync("/console/replays/start");
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
        await tab.CheckPageAsync("errors at fields");
    }

    [Fact]
    public async Task It_works_without_a_script_and_counts_by_time()
    {
        await hub.PublishAsync(5);
        await using var plain = await chromium.OpenAsync(hub.Http.BaseAddress!, hasScript: false);
        var page = plain.Page;
        await plain.GotoAsync("/console/replays/start?topic=assets&subscription=inventory");
        await page.GetByLabel("From (UTC)").FillAsync("2020-01-01T00:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Count the events" }).ClickAsync();

        await Assertions.Expect(page.Locator("main").GetByRole(AriaRole.Status)).ToContainTextAsync("5 events");
        await Assertions.Expect(page.GetByLabel("From (UTC)")).ToHaveValueAsync("2020-01-01T00:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start the replay" }).ClickAsync();

        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync((await ListAsync()).Single().Id!);
    }

    [Fact]
    public async Task An_unknown_replay_is_not_found()
    {
        (await tab.GotoAsync("/console/replays/hk3v5bq2md")).Status.ShouldBe(404);

        await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync("There is no replay hk3v5bq2md.");
    }

    private Task<IReadOnlyList<Replay>> ListAsync() =>
        hub.Services.GetRequiredService<ReplayService>().ListAsync(null, null, 100, CancellationToken.None);

    private Task ClickAsync(string button) =>
        Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();
}
