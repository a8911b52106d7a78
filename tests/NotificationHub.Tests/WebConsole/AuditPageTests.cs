using Microsoft.Playwright;
using NotificationHub.Storage;

namespace NotificationHub.Tests.WebConsole;

public sealed class AuditPageTests(Chromium chromium) : ConsoleTests(chromium)
{
    [Fact]
    public async Task Entries_come_newest_first_in_pages()
    {
        const int Entries = 150;
        var actor = new Actor("key:pipeline", "192.0.2.7");
        await Hub.Database.WriteAsync(
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

        await Tab.CheckAsync("/console/audit");

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
        (await Tab.GotoAsync("/console/audit?before=yesterday")).Status.ShouldBe(404);

        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("no valid position");
    }
}
