using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Playwright;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.WebConsole;

/// <summary>The pages that show what happened: notifications, events, records, settings.</summary>
public sealed class InvestigationTests(Chromium chromium) : IAsyncLifetime
{
    private const string Operating = "operating-key";
    private const string Reading = "reading-key";
    private const string Serial = "C02XK1ZZJGH5";

    private HubHost hub = null!;
    private ConsoleTab tab = null!;
    private TestLocation location = null!;

    private IPage Page => tab.Page;

    private ILocator Alert => Page.GetByRole(AriaRole.Alert);

    public async ValueTask InitializeAsync()
    {
        hub = await HubHost.StartAsync([
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "on-call", Operating, "Operate"),
            .. AdminHost.Key(1, "reader", Reading, "Read"),
        ]);
        location = await hub.AddLocationAsync("1");
        string[] bodies =
        [
            TestLocation.Notification("n-1", uId: "1"),
            $$$"""
                {"notificationId":"n-2","notificationType":"ASSET_MANAGEMENT","uId":"1","notification":{"type":"ASSOCIATE",
                "result":"SUCCESS","eventId":"e-1","assignments":[{"adamId":"361309726","pricingParam":"STDQ",
                "serialNumber":"{{{Serial}}}"}]}}
                """,
            TestLocation.Notification("n-3", uId: "2"),
        ];
        foreach (var body in bodies)
        {
            (await location.PostAsync(body)).EnsureSuccessStatusCode();
        }

        await Until.TrueAsync(
            async () => (await ReadEventsAsync()).Count == bodies.Length,
            "the notifications are routed"
        );
        tab = await chromium.OpenAsync(hub.Http.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        if (tab is not null)
        {
            await tab.DisposeAsync();
        }

        await hub.DisposeAsync();
    }

    [Fact]
    public async Task A_serial_number_leads_to_its_notification_without_appearing_in_a_URL()
    {
        await OpenAsync("/console/notifications", Operating);
        await tab.CheckAsync("/console/notifications");

        await Page.GetByLabel("Device (serial number)").FillAsync(Serial);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Find device or user" }).ClickAsync();

        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("Searched back to the beginning of the log.");
        await tab.CheckPageAsync("the notifications of a device");
        Page.Url.ShouldNotContain(Serial);
        await Page.GetByRole(AriaRole.Link, new() { Name = "2", Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("pre.body")).ToContainTextAsync($"\"serialNumber\": \"{Serial}\"");
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("asset.management.notified");
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("e-1");
        await tab.CheckAsync("/console/notifications/2");
        (await AuditAsync()).ShouldContain(("notifications search", "notifications of a device or user"));
        (await AuditAsync()).ShouldContain(("notifications show", "notification 2"));
        (await AuditAsync()).ShouldAllBe(entry => entry.Subject == null || !entry.Subject.Contains(Serial));
    }

    [Fact]
    public async Task The_events_of_a_device_are_found_by_their_data()
    {
        var seq = await AppendChangeAsync(
            before: null,
            after: $$"""{"adamId":"361309726","serialNumber":"{{Serial}}"}"""
        );
        await AppendChangeAsync(before: null, after: $$"""{"adamId":"361309726","serialNumber":"{{Serial}}-2"}""");
        await OpenAsync("/console/events", Operating);

        await Page.GetByLabel("Device (serial number)").FillAsync(Serial);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Find device or user" }).ClickAsync();

        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(2);
        await Assertions
            .Expect(Page.Locator("tbody th").First)
            .ToHaveTextAsync(seq.ToString(CultureInfo.InvariantCulture));
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("asset.management.notified");
        await tab.CheckPageAsync("the events of a device");
        Page.Url.ShouldNotContain(Serial);
        // The list does not become the tail of all events.
        (await Page.Locator("[data-live]").CountAsync()).ShouldBe(0);
        (await AuditAsync()).ShouldContain(("events search", "events of a device or user"));
    }

    [Fact]
    public async Task The_events_of_a_notification_are_found_by_its_ID()
    {
        await OpenAsync("/console/events", Operating);

        await Page.GetByLabel("Notification ID").FillAsync("n-2");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();

        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("asset.management.notified");
    }

    [Fact]
    public async Task A_quarantined_notification_is_found_by_its_outcome_and_rerouted()
    {
        await OpenAsync("/console/notifications", Operating);
        await Page.GetByLabel("Disposition").SelectOptionAsync("quarantined");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Search", Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Page.GetByRole(AriaRole.Link, new() { Name = "3", Exact = true }).ClickAsync();

        await Page.GetByRole(AriaRole.Button, new() { Name = "Reroute" }).ClickAsync();

        await Assertions.Expect(Page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Rerouted.");
        await Assertions.Expect(Page.Locator(".title .badge").First).ToContainTextAsync("rerouted");
        await Assertions.Expect(Page.Locator("main")).ToContainTextAsync("location.uid-mismatch");
        (await Page.GetByRole(AriaRole.Button, new() { Name = "Reroute" }).CountAsync()).ShouldBe(0);
        await tab.CheckPageAsync("the rerouted notification");
        (await AuditAsync()).ShouldContain(("notifications reroute", "notification 3"));
    }

    [Fact]
    public async Task New_events_appear_in_the_list_and_the_data_of_one_is_shown()
    {
        await OpenAsync("/console/events", Operating);
        await tab.CheckAsync("/console/events");
        await Page.Clock.InstallAsync();
        await tab.GotoAsync("/console/events?topic=assets");
        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(1);

        var seq = await AppendChangeAsync(before: null, after: """{"adamId":"361309726","status":"Associated"}""");
        await Page.Clock.FastForwardAsync(2_000);

        await Assertions.Expect(Page.Locator("tbody tr")).ToHaveCountAsync(2);
        (await Page.ContentAsync()).ShouldNotContain(Serial);
        await tab.CheckAsync($"/console/events/{seq}");
        await Assertions.Expect(Page.Locator("pre.body")).ToContainTextAsync("\"status\": \"Associated\"");
        (await AuditAsync()).ShouldContain(("events show", $"event {seq}"));
        // A return to the tab is not another view.
        var reads = await Page.EvaluateAsync<int>(
            """
            () => {
              let count = 0;
              window.fetch = () => { count++; return Promise.reject(new Error("not expected")); };
              document.dispatchEvent(new Event("visibilitychange"));
              return count;
            }
            """
        );
        reads.ShouldBe(0);
    }

    [Fact]
    public async Task The_history_of_a_record_shows_what_each_change_added_and_removed()
    {
        await AppendChangeAsync(before: null, after: """{"adamId":"361309726","old":1,"status":"Pending"}""");
        await AppendChangeAsync(
            before: """{"adamId":"361309726","old":1,"status":"Pending"}""",
            after: """{"adamId":"361309726","status":"Associated","new":true}"""
        );
        await OpenAsync("/console/records", Operating);
        await tab.CheckAsync("/console/records");

        await Page.GetByLabel("Device (serial number)").FillAsync(Serial);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Find device or user" }).ClickAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "History of the record" }).First.ClickAsync();

        var first = Page.Locator("table.diff").First;
        await Assertions.Expect(first.Locator("tr.removed")).ToContainTextAsync("− removed");
        await Assertions.Expect(first.Locator("tr.added")).ToContainTextAsync("+ added");
        await Assertions.Expect(first.Locator("tr.changed")).ToContainTextAsync("~ changed");
        await Assertions.Expect(first.Locator("tr.changed del")).ToHaveTextAsync("\"Pending\"");
        await Assertions.Expect(Page.Locator("table.diff")).ToHaveCountAsync(2);
        Page.Url.ShouldNotContain(Serial);
        await tab.CheckAsync(new Uri(Page.Url).AbsolutePath);
    }

    [Fact]
    public async Task Current_records_have_the_names_of_apps()
    {
        await AddRecordAsync(RecordKind.Asset, "361309726/STDQ", """{"assignedCount":3,"adamId":"361309726"}""");
        await AddRecordAsync(RecordKind.Assignment, $"361309726/STDQ/serial:{Serial}", """{"adamId":"361309726"}""");
        await hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "insert into content_metadata (country, adam_id, name, expires_at) values ('US', '361309726', 'Pages', 0)"
                ),
            CancellationToken.None
        );
        await OpenAsync("/console/records", Operating);

        await Page.GetByLabel("Location").Last.FillAsync(location.Id);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Show records" }).ClickAsync();

        await Assertions.Expect(Page.Locator("tbody th")).ToContainTextAsync(["Pages"]);
        await Assertions.Expect(Page.Locator("tbody td").First).ToContainTextAsync("assignedCount");
        await tab.CheckAsync(new Uri(Page.Url).PathAndQuery);
        await Page.GetByRole(AriaRole.Link, new() { Name = "assignment", Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("tbody th")).ToContainTextAsync([Serial]);
        (await AuditAsync()).ShouldContain(("records list", "current records: assignment"));
    }

    [Fact]
    public async Task Settings_show_the_source_of_each_value_and_no_secret()
    {
        await OpenAsync("/console/settings", Reading);

        await tab.CheckAsync("/console/settings");

        var key = Page.Locator("tr:has(code:text-is('Auth:ApiKeys:0:Name'))");
        await Assertions.Expect(key).ToContainTextAsync("on-call");
        await Assertions.Expect(key).ToContainTextAsync("command line");
        await Assertions
            .Expect(Page.Locator("tr:has(code:text-is('Auth:ApiKeys:0:Sha256'))"))
            .ToContainTextAsync("(set, not shown)");
    }

    [Fact]
    public async Task The_role_Read_sees_no_personal_data()
    {
        var seq = await AppendChangeAsync(before: null, after: """{"adamId":"361309726"}""");
        await AddRecordAsync(RecordKind.Assignment, $"361309726/STDQ/serial:{Serial}", "{}");
        await OpenAsync("/console/notifications", Reading);

        foreach (
            var path in (string[])
                [
                    "/console/notifications",
                    "/console/notifications/2",
                    "/console/events",
                    $"/console/events/{seq}",
                    "/console/records?adamId=361309726",
                    $"/console/records/current?location={location.Id}",
                ]
        )
        {
            (await tab.GotoAsync(path)).Status.ShouldBe(200, path);
            var content = await Page.ContentAsync();
            content.ShouldNotContain(Serial, Case.Sensitive, path);
            content.ShouldNotContain("Find device or user", Case.Sensitive, path);
        }

        foreach (
            var path in (string[])
                [$"/console/records/history/{seq}", $"/console/records/current?location={location.Id}&kind=assignment"]
        )
        {
            (await tab.GotoAsync(path)).Status.ShouldBe(403, path);
            (await Page.ContentAsync()).ShouldNotContain(Serial, Case.Sensitive, path);
        }

        (await AuditAsync()).ShouldNotContain(entry => entry.Action.EndsWith(" show", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_conditions_and_unknown_numbers_are_explained()
    {
        await OpenAsync("/console/notifications?adamId=app", Operating);
        await Assertions.Expect(Alert).ToContainTextAsync("adamId must be 1 to 19 digits");
        await tab.GotoAsync("/console/records?adamId=1/STDQ/user:DEPT");
        await Assertions.Expect(Alert).ToContainTextAsync("adamId must be 1 to 19 digits");

        foreach (var page in (string[])["notifications", "events"])
        {
            await tab.GotoAsync($"/console/{page}?since=yesterday");
            await Assertions.Expect(Alert).ToContainTextAsync("since must be a time such as");
            await tab.GotoAsync($"/console/{page}?before=-5");
            await Assertions.Expect(Alert).ToContainTextAsync("before must be the seq of an entry");
        }

        await tab.GotoAsync("/console/events?topic=lost");
        await Assertions.Expect(Alert).ToContainTextAsync("topic must be one of");

        foreach (
            var path in (string[])["/console/notifications/99", "/console/events/99", "/console/records/history/99"]
        )
        {
            (await tab.GotoAsync(path)).Status.ShouldBe((int)HttpStatusCode.NotFound, path);
            await tab.CheckPageAsync(path);
        }
    }

    private async Task OpenAsync(string path, string key)
    {
        await tab.GotoAsync(path);
        await tab.SignInAsync(key);
        await Assertions.Expect(Page.Locator(".user")).ToContainTextAsync("key:");
    }

    private async Task<long> AppendChangeAsync(string? before, string after) =>
        (
            await hub.Database.AppendEventsAsync(
                new NewEvent
                {
                    Type = RecordKind.Assignment.EventName,
                    LocationId = location.Id,
                    Subject = $"assignments/361309726/STDQ/serial:{Serial}",
                    Data = Encoding.UTF8.GetBytes(
                        $$"""{"before":{{before ?? "null"}},"after":{{after}},"change":"updated","cause":"notification"}"""
                    ),
                    Change = RecordChanges.Updated,
                    Cause = RecordChanges.Notification,
                    AdamId = "361309726",
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                }
            )
        ).Single();

    private Task AddRecordAsync(RecordKind kind, string key, string data) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
                    values (@Id, @Name, @key, @data, 1, 1, 0)
                    """,
                    new
                    {
                        location.Id,
                        kind.Name,
                        key,
                        data,
                    }
                ),
            CancellationToken.None
        );

    private Task<IReadOnlyList<EventEntry>> ReadEventsAsync() =>
        hub.Database.ReadAsync(
            connection => EventLog.ReadPageAsync(connection, 0, new EventFilter(), 100, CancellationToken.None),
            CancellationToken.None
        );

    private async Task<IReadOnlyList<(string Action, string? Subject)>> AuditAsync() =>
        [
            .. (
                await hub.Database.ReadAsync(
                    connection => AuditLog.ListAsync(connection, after: null, limit: 100),
                    CancellationToken.None
                )
            ).Select(entry => (entry.Action, entry.Subject)),
        ];
}
