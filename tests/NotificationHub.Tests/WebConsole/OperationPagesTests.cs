using Microsoft.Playwright;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

public sealed class OperationPagesTests(Chromium chromium) : IAsyncLifetime
{
    private const string SerialNumber = "C02OPERATION";
    private const string Message = "too <few> licenses for jane@example.com";

    private HubHost hub = null!;
    private ConsoleTab tab = null!;

    private IPage Page => tab.Page;

    public async ValueTask InitializeAsync()
    {
        hub = await HubHost.StartAsync(ConsoleKeys.Settings);
        tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
        await AddAsync("first", "open", null);
        await AddAsync(
            "second",
            "failed",
            $$"""
            {"eventId":"second","deferred":false,"startedAt":"2026-08-01T12:00:00Z","durationSeconds":1,"source":"event-status",
             "completed":1,"failed":8,"notifications":1,"itemsOmitted":7,
             "failures":[{"errorNumber":9709,"errorMessage":"{{Message}}","items":[{"adamId":"1","serialNumber":"{{SerialNumber}}"}]}]}
            """
        );
    }

    public async ValueTask DisposeAsync()
    {
        await tab.DisposeAsync();
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task The_list_shows_progress_and_applies_its_filters()
    {
        await SignInAsync(ConsoleKeys.Reading);

        await tab.CheckAsync("/console/operations");

        var rows = Page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await Assertions.Expect(rows.First).ToContainTextAsync("9 of 10");
        await Page.GetByLabel("State").SelectOptionAsync("open");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Assertions.Expect(rows).ToContainTextAsync("first");
        await tab.GotoAsync("/console/operations?location=location-2&state=");
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("No operation matches");
        await tab.GotoAsync("/console/operations?state=lost");
        await Assertions
            .Expect(Page.GetByRole(AriaRole.Alert))
            .ToContainTextAsync("state must be one of open, stalled");
    }

    [Fact]
    public async Task A_failed_operation_shows_its_tasks_to_Operate_and_audits_the_view()
    {
        await SignInAsync(ConsoleKeys.Operating);
        await tab.GotoAsync("/console/operations");

        await Page.GetByRole(AriaRole.Link, new() { Name = "second" }).ClickAsync();

        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Failed tasks" })).ToBeVisibleAsync();
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync("9709");
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync(SerialNumber);
        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync(Message);
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("7 more tasks failed");
        await Assertions.Expect(Page.Locator("[data-live]")).ToHaveCountAsync(0);
        await tab.CheckPageAsync("operation");
        var entry = (await ReadAuditAsync()).Single(one => one.Action != "console sign-in");
        (entry.Action, entry.Actor, entry.Location, entry.Subject).ShouldBe(
            ("operations show", "key:operator", "location-1", "operation second")
        );

        await Page.GetByRole(AriaRole.Link, new() { Name = "Its notifications" }).ClickAsync();

        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Notifications");
        await Assertions.Expect(Page.Locator("input[value=second]")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Read_sees_no_devices_and_people()
    {
        await SignInAsync(ConsoleKeys.Reading);

        await tab.CheckAsync("/console/operations/second");

        await Assertions.Expect(Page.Locator("tbody tr")).ToContainTextAsync("9709");
        var html = await Page.ContentAsync();
        html.ShouldNotContain(SerialNumber);
        html.ShouldNotContain("jane@example.com");
        (await ReadAuditAsync()).ShouldAllBe(entry => entry.Action == "console sign-in");
    }

    [Fact]
    public async Task An_unknown_operation_is_explained()
    {
        await SignInAsync(ConsoleKeys.Reading);

        (await tab.GotoAsync("/console/operations/fourth")).Status.ShouldBe(404);

        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("There is no operation with this eventId");
        await tab.CheckPageAsync("unknown operation");
    }

    private async Task SignInAsync(string key)
    {
        await tab.GotoAsync("/console");
        await tab.SignInAsync(key);
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("key:");
    }

    private Task AddAsync(string id, string state, string? report) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into operation
                    (
                        event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls,
                        requested, completed, missed, report
                    )
                    values (@id, 'location-1', @state, 0, @startedAt, 0, 0, 0, 0, 0, 0, 10, 1, 8, @report)
                    """,
                    new
                    {
                        id,
                        state,
                        report,
                        // Recent: the hub deletes old operations.
                        startedAt = TimeProvider.System.GetUtcNow().AddMilliseconds(report is null ? -1 : 0),
                    }
                ),
            CancellationToken.None
        );

    private Task<IReadOnlyList<AuditEntry>> ReadAuditAsync() =>
        hub.Database.ReadAsync(
            connection => AuditLog.ListAsync(connection, after: null, limit: 100),
            CancellationToken.None
        );
}
