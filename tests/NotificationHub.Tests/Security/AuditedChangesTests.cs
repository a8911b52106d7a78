using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Security;

/// <summary>Every route that changes something, including routes added later, leaves the key's name and the peer's address.</summary>
public sealed class AuditedChangesTests
{
    private const string Key = "operating-key";

    /// <summary>Need Apple: <see cref="Admin.LocationEndpointTests.Every_change_of_a_location_is_audited"/>.</summary>
    private static readonly string[] AtApple =
    [
        "POST /admin/locations/{id}/verify",
        "POST /admin/locations/{id}/test",
        "POST /admin/locations/{id}/renew-token",
    ];

    [SqliteFact]
    public async Task Each_change_over_HTTP_is_audited_with_the_key_and_the_address_of_the_peer()
    {
        await using var hub = await HubHost.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "pipeline", Key, "Operate"),
            // No server listens there: what needs one is audited as failed.
            "ServiceBus:ConnectionString=Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=a2V5;UseDevelopmentEmulator=true",
        ]);
        hub.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        // The hub is not behind a proxy, so it must not believe this.
        hub.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        hub.Http.DefaultRequestHeaders.Add("Forwarded", "for=203.0.113.7");
        hub.Http.DefaultRequestHeaders.Add("X-Real-IP", "203.0.113.7");
        var delivering = await hub.AddLocationAsync("1");
        (await delivering.PostAsync(TestLocation.Notification("n-1", uId: "2"))).EnsureSuccessStatusCode();
        await AddDeadLettersAsync(hub);
        var location = $"/admin/locations/{delivering.Id}";
        List<string> sent = [];

        var added = await ChangeAsync(
            "POST /admin/locations",
            "",
            new { url = "https://hub.example.com", receiveOnly = true }
        );
        await ChangeAsync("POST /admin/locations/{id}/rotate-secret", $"{location}/rotate-secret");
        await ChangeAsync("POST /admin/locations/{id}/reconcile", $"{location}/reconcile");
        await ChangeAsync("POST /admin/dead-letters/{seq:long}/resend", "/admin/dead-letters/1001/resend");
        await ChangeAsync(
            "POST /admin/dead-letters/{seq:long}/discard",
            "/admin/dead-letters/1002/discard",
            new { reason = "odd" }
        );
        await ChangeAsync("POST /admin/dead-letters/resend", "", new { seqs = new[] { 1003 } });
        await ChangeAsync("POST /admin/dead-letters/discard", "", new { seqs = new[] { 1004 }, reason = "odd" });
        foreach (var act in (string[])["resend", "discard"])
        {
            await ChangeAsync(
                $"POST /admin/subscriptions/{{topic}}/{{subscription}}/dead-letters/{act}",
                $"/admin/subscriptions/assets/inventory/dead-letters/{act}",
                new { all = true, reason = "odd" }
            );
        }

        var replay = await ChangeAsync("POST /admin/replays", "", new { topic = "assets", after = 0 });
        await ChangeAsync(
            "POST /admin/replays/{id}/cancel",
            $"/admin/replays/{replay.GetProperty("id").GetString()}/cancel"
        );
        await ChangeAsync("POST /admin/notifications/{seq:long}/reroute", "/admin/notifications/1/reroute");
        await ChangeAsync("POST /admin/erasures", "", new { clientUserId = "person-1" });
        await ChangeAsync(
            "POST /operations",
            "",
            new
            {
                location = delivering.Id,
                eventId = "4d303493-3c5a-f652-55b3-51d69589d1d2",
                kind = "ASSOCIATE",
                tasks = 1,
            }
        );
        var targets = $"{location}/relay-targets";
        var target = (
            await ChangeAsync(
                "POST /admin/locations/{id}/relay-targets",
                targets,
                new { url = "https://mdm.example.com/notify" }
            )
        )
            .GetProperty("target")
            .GetString();
        foreach (var act in (string[])["stop", "start", "resend"])
        {
            await ChangeAsync(
                $"POST /admin/locations/{{id}}/relay-targets/{{target}}/{act}",
                $"{targets}/{target}/{act}"
            );
        }

        await ChangeAsync("DELETE /admin/locations/{id}/relay-targets/{target}", $"{targets}/{target}");
        await ChangeAsync(
            "DELETE /admin/locations/{id}",
            $"/admin/locations/{added.GetProperty("location").GetProperty("id").GetString()}"
        );

        Changes(hub).ShouldBe([.. sent, .. AtApple], ignoreOrder: true);
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var log = await NotificationLog.ReadPageAsync(connection, 0, 10, CancellationToken.None);
        log.Select(entry => entry.RemoteAddress).ShouldBe(["127.0.0.1"]);

        async Task<JsonElement> ChangeAsync(string route, string path, object? body = null)
        {
            var before = await ReadAuditAsync(hub);
            sent.Add(route);
            var parts = route.Split(' ');
            using var request = new HttpRequestMessage(new HttpMethod(parts[0]), path.Length > 0 ? path : parts[1]);
            request.Content = body is null ? null : JsonContent.Create(body);
            using var response = await hub.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            var entry = (await ReadAuditAsync(hub)).Skip(before.Count).ShouldHaveSingleItem($"{route}: {text}");
            entry.GetProperty("actor").GetString().ShouldBe("key:pipeline", route);
            entry.GetProperty("origin").GetString().ShouldBe("127.0.0.1", route);
            return JsonDocument.Parse(text).RootElement;
        }
    }

    private static IEnumerable<string> Changes(HubHost hub) =>
        hub
            .Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .SelectMany(route =>
                (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
                    .Where(method => method != "GET")
                    .Select(method => $"{method} /{route.RoutePattern.RawText!.Trim('/')}")
            )
            .Where(route => !route.StartsWith("POST /notifications/", StringComparison.Ordinal));

    private static async Task<IReadOnlyList<JsonElement>> ReadAuditAsync(HubHost hub)
    {
        var page = await hub.Http.GetFromJsonAsync<JsonElement>("/admin/audit?limit=1000");
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    private static Task AddDeadLettersAsync(HubHost hub) =>
        hub.Database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    """
                    insert into event_log (seq, topic, type, location_id, data, conflict, created_at)
                    values (1001, 'assets', 'asset.changed', 'x', x'7b7d', 0, unixepoch('subsec') * 1000),
                        (1002, 'assets', 'asset.changed', 'x', x'7b7d', 0, unixepoch('subsec') * 1000),
                        (1003, 'assets', 'asset.changed', 'x', x'7b7d', 0, unixepoch('subsec') * 1000),
                        (1004, 'assets', 'asset.changed', 'x', x'7b7d', 0, unixepoch('subsec') * 1000);
                    insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                    values (1001, 'assets', 'open', 'odd', 0), (1002, 'assets', 'open', 'odd', 0),
                        (1003, 'assets', 'open', 'odd', 0), (1004, 'assets', 'open', 'odd', 0)
                    """
                ),
            CancellationToken.None
        );
}
