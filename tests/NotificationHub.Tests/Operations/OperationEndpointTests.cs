using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Hosting.Admin;

namespace NotificationHub.Tests.Operations;

/// <summary>The ledger in a whole hub, through its doors.</summary>
public sealed class OperationEndpointTests
{
    private const string EventId = "4d303493-3c5a-f652-55b3-51d69589d1d2";

    [Fact]
    public async Task What_is_announced_and_notified_is_told_as_completed()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        var announced = await AnnounceAsync(hub, One(location, """, "tasks": 2"""));
        announced.StatusCode.ShouldBe(HttpStatusCode.Accepted);

        (await location.PostAsync(Notification("n-1", "SUCCESS", "D1"))).EnsureSuccessStatusCode();
        (await location.PostAsync(Notification("n-2", "FAILURE", "D2"))).EnsureSuccessStatusCode();

        var line = await hub.Http.GetStringAsync($"/events?type=operation.failed&location={location.Id}&wait=30");
        var told = JsonDocument.Parse(line).RootElement;
        told.GetProperty("subject").GetString().ShouldBe($"operations/{EventId}");
        var data = told.GetProperty("data");
        data.GetProperty("completed").GetInt64().ShouldBe(1);
        data.GetProperty("failures")[0].GetProperty("items")[0].GetProperty("serialNumber").GetString().ShouldBe("D2");
        data.GetProperty("announcedBy").GetString().ShouldNotBeNullOrEmpty();
        var shown = await ReadAsync(await hub.Http.GetAsync(new Uri($"/operations/{EventId}", UriKind.Relative)));
        shown.GetProperty("operations")[0].GetProperty("state").GetString().ShouldBe("failed");
    }

    [Fact]
    public async Task Announcing_again_changes_nothing()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await AnnounceAsync(hub, One(location));
        var again = await AnnounceAsync(hub, $"[{One(location, """, "tasks": 7""")}]");
        var more = await AnnounceAsync(hub, $"[{One(location)}, {One(location).Replace(EventId, "another")}]");

        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        var audited = await CommandRun.OnAsync(hub, "audit", "list", "--json");
        audited
            .Json.GetProperty("entries")
            .EnumerateArray()
            .Select(entry => entry.GetProperty("subject").GetString())
            .ShouldBe([$"operation {EventId}", "operation another"]);
        (await ReadAsync(again)).GetProperty("known").GetInt32().ShouldBe(1);
        more.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await ReadAsync(more)).GetProperty("announced").GetInt32().ShouldBe(1);
        var shown = await ReadAsync(await hub.Http.GetAsync(new Uri($"/operations/{EventId}", UriKind.Relative)));
        shown.GetProperty("operations")[0].TryGetProperty("tasks", out var tasks).ShouldBeTrue();
        tasks.ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task All_faults_are_listed_at_once_and_nothing_is_taken()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        var refused = await AnnounceAsync(
            hub,
            $$"""
            [{{One(location)}},
             {"location":"nowhere","kind":"BORROW","tasks":0},
             {"location":"{{location.Id}}","eventId":"e","kind":"ASSOCIATE","deferred":true},
             {"location":"{{location.Id}}","eventId":7,"kind":"ASSOCIATE"},
             {"location":"{{location.Id}}","eventId":"e","kind":"ASSOCIATE","task":7}]
            """
        );

        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var faults = (await ReadAsync(refused)).GetProperty("errors");
        faults
            .EnumerateObject()
            .Select(fault => fault.Name)
            .ShouldBe(
                ["[1].eventId", "[1].kind", "[1].tasks", "[1].location", "[2].deferred", "[3].eventId", "[4].task"],
                ignoreOrder: true
            );
        var shown = await hub.Http.GetAsync(new Uri($"/operations/{EventId}", UriKind.Relative));
        shown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("""{"location":"a","location":"b"}""")]
    public async Task What_is_no_announcement_is_refused(string body)
    {
        await using var hub = await HubHost.StartAsync();
        (await AnnounceAsync(hub, body)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Who_may_only_look_may_not_announce()
    {
        await using var hub = await HubHost.StartAsync([
            .. AdminHost.Key(0, "reader", "the-reading-key", "Read"),
            .. AdminHost.Key(1, "mdm", "the-mdm-key", "Operate"),
        ]);
        var location = await hub.AddLocationAsync();

        (await AnnounceAsync(hub, One(location))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await AnnounceAsync(hub, One(location), "the-reading-key")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await AnnounceAsync(hub, One(location), "the-mdm-key")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var look = new HttpRequestMessage(HttpMethod.Get, $"/operations/{EventId}");
        look.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "the-reading-key");
        var shown = await ReadAsync(await hub.Http.SendAsync(look));
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

    private static async Task<HttpResponseMessage> AnnounceAsync(HubHost hub, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/operations")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await hub.Http.SendAsync(request);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
}
