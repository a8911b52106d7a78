using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Alba;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Admin;

/// <summary>The admin API of the whole hub, open on loopback as in Development.</summary>
public sealed partial class AdminApiTests
{
    [Fact]
    public async Task Notifications_are_listed_in_pages_shown_and_rerouted()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync("1");
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-1", uId: "1")));
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-2", uId: "2")));

        var page = await GetAsync(hub, "/admin/notifications?limit=1");
        var rest = await GetAsync(hub, $"/admin/notifications?before={page.GetProperty("next").GetString()}");
        var quarantined = await GetAsync(hub, "/admin/notifications?disposition=quarantined");
        var found = await GetAsync(
            hub,
            "/admin/notifications?notificationId=n-1&type=TEST_NOTIFICATION&since=2020-01-01"
        );
        var shown = await GetAsync(hub, "/admin/notifications/2");
        await hub.ScenarioAsync(request =>
        {
            request.Send(HttpMethod.Get, "/admin/notifications?adamId=app&since=2026-03-02&until=2026-03-01");
            request.ShouldBeProblem(HttpStatusCode.BadRequest);
        });
        await PostAsync(hub, "/admin/notifications/2/reroute", HttpStatusCode.OK);
        await PostAsync(hub, "/admin/notifications/2/reroute", HttpStatusCode.Conflict);
        await hub.ScenarioAsync(request =>
        {
            request.Send(HttpMethod.Post, "/admin/notifications/9/reroute");
            request.ShouldBeProblem(HttpStatusCode.NotFound);
        });

        Seqs(page).ShouldBe([2]);
        Seqs(rest).ShouldBe([1]);
        Seqs(quarantined).ShouldBe([2]);
        Seqs(found).ShouldBe([1]);
        shown.GetProperty("notificationId").GetString().ShouldBe("n-2");
    }

    [Fact]
    public async Task Only_Operate_sees_personal_data_and_each_view_is_audited()
    {
        const string Serial = "C02XK1ZZJGH5";
        await using var hub = await ScenarioHub.StartAsync([
            .. AdminHost.Key(0, "reader", "reading-key", "Read"),
            .. AdminHost.Key(1, "on-call", "operating-key", "Operate"),
        ]);
        var location = await hub.AddLocationAsync("1");
        await hub.ScenarioAsync(delivery => delivery.Deliver(location, TestLocation.Notification("n-1", uId: "1")));
        await AddDeadLetterAsync(hub);
        string[] paths =
        [
            "/admin/notifications/1",
            $"/admin/notifications?serialNumber={Serial}",
            "/admin/notifications?clientUserId=jane",
            "/admin/dead-letters/1",
        ];

        foreach (var path in paths)
        {
            await GetAsync(hub, path, "reading-key", HttpStatusCode.Forbidden);
            await GetAsync(hub, path, "operating-key", HttpStatusCode.OK);
        }

        await GetAsync(hub, "/admin/notifications", "reading-key", HttpStatusCode.OK);
        var audit = await GetAsync(hub, "/admin/audit", "reading-key", HttpStatusCode.OK);
        var entries = audit.GetProperty("items").EnumerateArray().ToList();
        entries
            .ConvertAll(entry => string.Join(" / ", Texts(entry, "actor", "action", "subject")))
            .ShouldBe([
                "key:on-call / notifications show / notification 1",
                "key:on-call / notifications search / notifications of a device or user",
                "key:on-call / notifications search / notifications of a device or user",
                "key:on-call / dead-letters show / dead letter 1",
            ]);
        audit.GetRawText().ShouldNotContain(Serial);
    }

    [Fact]
    public async Task Dead_letters_are_listed_and_resolved_once()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddDeadLetterAsync(hub);

        var open = await GetAsync(hub, "/admin/dead-letters?state=open");
        await DiscardAsync(hub, """{"reason":" "}""", HttpStatusCode.BadRequest);
        var discarded = await DiscardAsync(hub, """{"reason":"sent by hand"}""", HttpStatusCode.OK);
        await PostAsync(hub, "/admin/dead-letters/1/resend", HttpStatusCode.Conflict);

        Seqs(open).ShouldBe([1]);
        discarded.GetProperty("result").GetString().ShouldBe("taken");
        var shown = await GetAsync(hub, "/admin/dead-letters/1");
        shown.GetProperty("state").GetString().ShouldBe("discarded");
        shown.GetProperty("event").GetProperty("id").GetString().ShouldBe("1-1");
        var audited = (await GetAsync(hub, "/admin/audit")).GetProperty("items");
        Texts(audited[0], "action", "detail").ShouldBe(["dead-letters discard", "sent by hand"]);
    }

    [Fact]
    public async Task Several_dead_letters_are_selected_by_topic_or_type_and_listed_by_a_dry_run()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddDeadLetterAsync(hub);

        var preview = await SendAsync(hub, "resend", """{"type":"asset.changed","dryRun":true}""", HttpStatusCode.OK);
        var none = await SendAsync(hub, "resend", """{"topic":"users"}""", HttpStatusCode.OK);
        var resent = await SendAsync(hub, "resend", """{"all":true}""", HttpStatusCode.OK);
        await SendAsync(hub, "resend", """{"all":true,"seqs":[1]}""", HttpStatusCode.BadRequest);
        await SendAsync(hub, "discard", """{"all":true}""", HttpStatusCode.BadRequest);

        Results(preview).ShouldBe(["dry-run"]);
        Results(none).ShouldBeEmpty();
        Results(resent).ShouldBe(["taken"]);

        static string?[] Results(JsonElement document) =>
            [
                .. document
                    .GetProperty("deadLetters")
                    .EnumerateArray()
                    .Select(one => one.GetProperty("result").GetString()),
            ];
    }

    [Fact]
    public async Task All_invalid_parameters_are_reported_at_once()
    {
        await using var hub = await ScenarioHub.StartAsync();

        var rejected = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/admin/dead-letters?after=-1&limit=0&topic=weather&state=new");
            request.StatusCodeShouldBe(HttpStatusCode.BadRequest);
        });

        (await rejected.JsonAsync()).InvalidMembers().ShouldBe(["after", "limit", "topic", "state"]);
    }

    [Fact]
    public async Task An_unreadable_request_is_rejected_without_quoting_it()
    {
        await using var hub = await ScenarioHub.StartAsync();

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/admin/audit?after=s3cr3t");
            request.ShouldBeProblem(HttpStatusCode.BadRequest);
            request.ContentShouldNotContain("s3cr3t");
        });
    }

    [Fact]
    public async Task The_audit_log_contains_changes_over_HTTP_and_by_commands()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AddDeadLetterAsync(hub);

        await PostAsync(hub, "/admin/dead-letters/1/resend", HttpStatusCode.OK);
        await CommandRun.OnAsync(hub, "dead-letters", "discard", "1", "--reason=odd");
        var page = await GetAsync(hub, "/admin/audit");
        var behind = await CommandRun.OnAsync(hub, "audit", "list", "--after=1", "--json");
        var table = await CommandRun.OnAsync(hub, "audit", "list");

        var entries = page.GetProperty("items").EnumerateArray().ToArray();
        entries.Length.ShouldBe(2);
        Texts(entries[0], "actor", "origin", "action", "location", "subject", "outcome")
            .ShouldBe(["loopback", "127.0.0.1", "dead-letters resend", "loc-1", "event 1", "succeeded"]);
        Texts(entries[1], "actor", "action", "outcome")
            .ShouldBe([$"os:{Environment.UserName}", "dead-letters discard", "refused"]);
        Seqs(behind.Json).ShouldBe([2]);
        table.Output.ShouldContain("dead-letters resend");
    }

    [Fact]
    public async Task The_document_lists_every_query_parameter()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var paths = (await GetAsync(hub, "/openapi/v1.json")).GetProperty("paths");
        var requests = DocumentedRequest()
            .Matches(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Documents", "admin.md")));

        requests.ShouldNotBeEmpty();
        foreach (Match request in requests)
        {
            paths
                .GetProperty(request.Groups["path"].Value)
                .GetProperty(request.Groups["method"].Value.ToLowerInvariant())
                .GetProperty("parameters")
                .EnumerateArray()
                .Where(parameter => parameter.GetProperty("in").GetString() == "query")
                .Select(parameter => parameter.GetProperty("name").GetString())
                .ShouldBe(
                    request.Groups["query"].Value.Split('&').Select(pair => pair.Split('=')[0]),
                    ignoreOrder: true,
                    request.Value
                );
        }
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_credentials_and_roles()
    {
        await using var hub = await ScenarioHub.StartAsync();

        var document = await GetAsync(hub, "/openapi/v1.json");

        var paths = document.GetProperty("paths");
        paths
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .ShouldAllBe(operation => operation.Value.GetProperty("summary").GetString()!.Length > 10);
        paths
            .GetProperty("/admin/notifications/{seq}/reroute")
            .GetProperty("post")
            .GetProperty("description")
            .GetString()
            .ShouldBe("Requires the role Hub.Operate.");
        var components = document.GetProperty("components");
        components
            .GetProperty("securitySchemes")
            .EnumerateObject()
            .Select(scheme => scheme.Name)
            .ShouldBe(["bearer", "apiKey"], ignoreOrder: true);
        var audited = components.GetProperty("schemas").GetProperty("AuditEntry").GetProperty("properties");
        audited.GetProperty("seq").GetProperty("type").GetString().ShouldBe("integer");
        audited.GetProperty("actor").GetProperty("description").GetString()!.ShouldContain("key:NAME");
        paths
            .GetProperty("/admin/audit")
            .GetProperty("get")
            .GetProperty("parameters")
            .EnumerateArray()
            .Select(parameter => parameter.GetProperty("name").GetString())
            .ShouldBe(["after", "limit"]);
        document.GetProperty("security").GetArrayLength().ShouldBe(2);
        paths.EnumerateObject().ShouldAllBe(path => !path.Name.StartsWith("/events"));
    }

    private static async Task AddDeadLetterAsync(ScenarioHub hub) =>
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    insert into event_log (topic, type, location_id, data, conflict, created_at)
                    values ('assets', 'asset.changed', 'loc-1', x'7b7d', 0, unixepoch('subsec') * 1000)
                    """
                );
                await transaction.ExecuteAsync(
                    """
                    insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                    values (1, 'assets', 'open', 'odd', 0)
                    """
                );
            },
            CancellationToken.None
        );

    private static async Task<JsonElement> GetAsync(ScenarioHub hub, string path) =>
        await (await hub.ScenarioAsync(request => request.Get.Url(path))).JsonAsync();

    private static async Task<JsonElement> GetAsync(ScenarioHub hub, string path, string key, HttpStatusCode status)
    {
        var result = await hub.ScenarioAsync(request =>
        {
            request.Get.Url(path);
            request.Authenticate(key);
            request.StatusCodeShouldBe(status);
        });
        return await result.JsonAsync();
    }

    private static async Task<JsonElement> PostAsync(ScenarioHub hub, string path, HttpStatusCode status)
    {
        var result = await hub.ScenarioAsync(request =>
        {
            request.Send(HttpMethod.Post, path);
            request.StatusCodeShouldBe(status);
        });
        return await result.JsonAsync();
    }

    private static Task<JsonElement> DiscardAsync(ScenarioHub hub, string body, HttpStatusCode status) =>
        SendAsync(hub, "1/discard", body, status);

    private static async Task<JsonElement> SendAsync(ScenarioHub hub, string path, string body, HttpStatusCode status)
    {
        using var content = new StringContent(body, null, "application/json");
        using var response = await hub.Http.PostAsync($"/admin/dead-letters/{path}", content);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static long[] Seqs(JsonElement page) =>
        [.. page.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("seq").GetInt64())];

    private static string?[] Texts(JsonElement entry, params string[] names) =>
        [.. names.Select(name => entry.GetProperty(name).GetString())];

    [GeneratedRegex(@"`(?<method>GET|POST|DELETE) (?<path>/admin/[^`?]+)\?(?<query>[^`]+)`")]
    private static partial Regex DocumentedRequest();
}
