using System.Net;
using System.Text.Json;
using Alba;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Operation tracking in a whole hub, through its endpoints.</summary>
public sealed class OperationEndpointTests
{
    private const string EventId = "4d303493-3c5a-f652-55b3-51d69589d1d2";

    [Fact]
    public async Task An_announced_and_notified_operation_is_reported()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        await AnnounceAsync(hub, One(location, """, "tasks": 2"""), HttpStatusCode.Accepted);
        await hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "insert into content_metadata (country, adam_id, name, expires_at) values ('CH', '1', 'Keynote', 0)"
                ),
            CancellationToken.None
        );

        await hub.ScenarioAsync(delivery => delivery.Deliver(location, Notification("n-1", "SUCCESS", "D1")));
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, Notification("n-2", "FAILURE", "D2")));

        var line = await hub.TextAsync($"/events?type=operation.failed&location={location.Id}&wait=30");
        var published = JsonDocument.Parse(line).RootElement;
        published.GetProperty("subject").GetString().ShouldBe($"operations/{EventId}");
        var data = published.GetProperty("data");
        data.GetProperty("completed").GetInt64().ShouldBe(1);
        data.GetProperty("failures")[0].GetProperty("items")[0].GetProperty("serialNumber").GetString().ShouldBe("D2");
        data.GetProperty("announcedBy").GetString().ShouldNotBeNullOrEmpty();
        var shown = await ShowAsync(hub);
        shown.GetProperty("operations")[0].GetProperty("state").GetString().ShouldBe("failed");
        shown.GetProperty("names").GetProperty("1").GetString().ShouldBe("Keynote");
    }

    [Fact]
    public async Task Announcing_again_changes_nothing()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        await AnnounceAsync(hub, One(location), HttpStatusCode.Accepted);
        var again = await AnnounceAsync(hub, $"[{One(location, """, "tasks": 7""")}]", HttpStatusCode.OK);
        var more = await AnnounceAsync(
            hub,
            $"[{One(location)}, {One(location).Replace(EventId, "another")}]",
            HttpStatusCode.Accepted
        );

        var audited = await CommandRun.OnAsync(hub, "audit", "list", "--json");
        audited
            .Json.GetProperty("items")
            .EnumerateArray()
            .Select(entry => entry.GetProperty("subject").GetString())
            .ShouldBe([$"operation {EventId}", "operation another"]);
        (await again.JsonAsync()).GetProperty("known").GetInt32().ShouldBe(1);
        (await more.JsonAsync()).GetProperty("announced").GetInt32().ShouldBe(1);
        var shown = await ShowAsync(hub);
        shown.GetProperty("operations")[0].TryGetProperty("tasks", out var tasks).ShouldBeTrue();
        tasks.ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task All_errors_are_reported_together_and_nothing_is_stored()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();
        var refused = await hub.ScenarioAsync(request =>
        {
            request.PostJson(
                "/operations",
                $$"""
                [{{One(location)}},
                 {"location":"nowhere","kind":"BORROW","tasks":0},
                 {"location":"{{location.Id}}","eventId":"e","kind":"ASSOCIATE","deferred":true},
                 {"location":"{{location.Id}}","eventId":7,"kind":"ASSOCIATE"},
                 {"location":"{{location.Id}}","eventId":"e","kind":"ASSOCIATE","task":7}]
                """
            );
            request.ShouldBeProblem(HttpStatusCode.BadRequest);
        });

        (await refused.JsonAsync())
            .InvalidMembers()
            .ShouldBe(
                ["[1].eventId", "[1].kind", "[1].tasks", "[1].location", "[2].deferred", "[3].eventId", "[4].task"],
                ignoreOrder: true
            );
        await hub.ScenarioAsync(request =>
        {
            request.Get.Url($"/operations/{EventId}");
            request.StatusCodeShouldBe(HttpStatusCode.NotFound);
        });
    }

    [Fact]
    public async Task Only_Operate_sees_the_devices_of_failed_tasks_and_the_view_is_audited()
    {
        const string Serial = "C02XK1ZZJGH5";
        await using var hub = await ScenarioHub.StartAsync([
            .. AdminHost.Key(0, "reader", "the-reading-key", "Read"),
            .. AdminHost.Key(1, "mdm", "the-mdm-key", "Operate"),
        ]);
        var location = await hub.AddLocationAsync();
        await AnnounceAsync(hub, One(location, """, "tasks": 1"""), HttpStatusCode.Accepted, "the-mdm-key");
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, Notification("n-1", "FAILURE", Serial)));
        await hub.TextAsync($"/events?type=operation.failed&location={location.Id}&wait=30");

        var withheld = await ShowAsync(hub, "the-reading-key");
        var shown = await ShowAsync(hub, "the-mdm-key");

        var failure = withheld.GetProperty("operations")[0].GetProperty("report").GetProperty("failures")[0];
        failure.GetProperty("items")[0].GetProperty("adamId").GetString().ShouldBe("1");
        withheld.GetRawText().ShouldNotContain(Serial);
        shown.GetRawText().ShouldContain($"\"serialNumber\":\"{Serial}\"");
        var audited = await CommandRun.OnAsync(hub, "audit", "list", "--json");
        audited
            .Json.GetProperty("items")
            .EnumerateArray()
            .Count(entry => entry.GetProperty("action").GetString() == "operations show")
            .ShouldBe(1);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("""{"location":"a","location":"b"}""")]
    public async Task An_invalid_announcement_is_rejected(string body)
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AnnounceAsync(hub, body, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_key_with_the_role_Read_cannot_announce()
    {
        await using var hub = await ScenarioHub.StartAsync([
            .. AdminHost.Key(0, "reader", "the-reading-key", "Read"),
            .. AdminHost.Key(1, "mdm", "the-mdm-key", "Operate"),
        ]);
        var location = await hub.AddLocationAsync();

        await AnnounceAsync(hub, One(location), HttpStatusCode.Unauthorized);
        await AnnounceAsync(hub, One(location), HttpStatusCode.Forbidden, "the-reading-key");
        await AnnounceAsync(hub, One(location), HttpStatusCode.Accepted, "the-mdm-key");
        var shown = await ShowAsync(hub, "the-reading-key");
        shown.GetProperty("operations")[0].GetProperty("announcedBy").GetString().ShouldBe("key:mdm");
    }

    private static string One(TestLocation location, string more = "") =>
        $$"""{"location":"{{location.Id}}","eventId":"{{EventId}}","kind":"ASSOCIATE"{{more}}}""";

    private static string Notification(string id, string result, string device) =>
        $$"""
            {"notificationId":"{{id}}","notificationType":"ASSET_MANAGEMENT","uId":"2049025000431439",
             "notification":{"type":"ASSOCIATE","result":"{{result}}","eventId":"{{EventId}}",
              "assignments":[{"adamId":"1","serialNumber":"{{device}}"}]} }
            """;

    private static Task<IScenarioResult> AnnounceAsync(
        ScenarioHub hub,
        string body,
        HttpStatusCode status,
        string? key = null
    ) =>
        hub.ScenarioAsync(request =>
        {
            request.PostJson("/operations", body);
            request.Authenticate(key);
            request.StatusCodeShouldBe(status);
        });

    private static async Task<JsonElement> ShowAsync(ScenarioHub hub, string? key = null)
    {
        var shown = await hub.ScenarioAsync(request =>
        {
            request.Get.Url($"/operations/{EventId}");
            request.Authenticate(key);
        });
        return await shown.JsonAsync();
    }
}
