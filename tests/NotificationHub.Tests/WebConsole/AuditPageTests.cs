using Microsoft.Playwright;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class AuditPageTests(Chromium chromium) : IAsyncLifetime
{
    private HubHost hub = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    public async ValueTask InitializeAsync()
    {
        hub = await HubHost.StartAsync();
        tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Entries_come_newest_first_in_pages()
    {
        const int Entries = 150;
        var actor = new Actor("key:pipeline", "192.0.2.7");
        await hub.Database.WriteAsync(
            async transaction =>
            {
                foreach (var number in Enumerable.Range(1, Entries))
                {
                    var act = new AuditedAct($"action {number}", "location-1", "<b>subject</b>");
                    await AuditLog.RecordAsync(transaction, actor, act, AuditOutcome.Refused);
                }
            },
            CancellationToken.None
        );

        await tab.CheckAsync("/console/audit");

        var rows = Page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(100);
        await Assertions.Expect(rows.First).ToContainTextAsync($"action {Entries}");
        await Assertions.Expect(rows.First).ToContainTextAsync("<b>subject</b>");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(50);
        await Assertions.Expect(rows.Last).ToContainTextAsync("action 1");
        await Assertions.Expect(Page.GetByRole(AriaRole.Link, new() { Name = "Next page" })).ToHaveCountAsync(0);
        await Page.GetByRole(AriaRole.Link, new() { Name = "First page" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(100);
    }

    [Fact]
    public async Task An_invalid_position_is_explained()
    {
        (await tab.GotoAsync("/console/audit?before=yesterday")).Status.ShouldBe(404);

        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("no valid position");
    }
}
