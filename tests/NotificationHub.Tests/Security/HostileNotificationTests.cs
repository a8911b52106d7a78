using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using NotificationHub.Routing;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Security;

/// <summary>Bodies that the holder of a notification secret could send to stop a stage, a consumer or a reader of the log.</summary>
public sealed class HostileNotificationTests
{
    private const string Sql = "'; drop table location; --";

    /// <summary>A line feed, an ESC sequence, a C1 control character, a right-to-left override and NUL, as JSON escapes.</summary>
    private const string Controls = """forged\n2026 error\u001b[2J\u009b2J\u202e\u2028\u0000""";

    private static readonly string[] ForgedCharacters = ["\n2026 error", "\u001b", "\u009b", "\u202e", "\u2028", "\0"];

    [Fact]
    public async Task No_notification_stops_the_hub_or_a_consumer_or_forges_a_log_line()
    {
        using var log = new LogLines();
        await using var hub = await HubHost.StartAsync(
            builder => builder.Logging.AddProvider(log),
            "Logging:LogLevel:Default=Trace"
        );
        var leaked = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        log.Text.ShouldNotBeEmpty();

        foreach (var body in Bodies())
        {
            using var response = await leaked.PostAsync(body);
            response.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.BadRequest);
        }

        (await other.PostAsync(TestLocation.Notification("last"))).EnsureSuccessStatusCode();

        var feed = "";
        await Until.TrueAsync(
            async () =>
                (feed = await hub.Http.GetStringAsync("/events?limit=10000")).Contains(
                    "\"notificationId\":\"last\"",
                    StringComparison.Ordinal
                ),
            "the last notification is routed"
        );
        // With the reader's defaults, as a consumer would.
        foreach (var line in feed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var parsed = JsonDocument.Parse(line);
            parsed.RootElement.TryGetProperty("data", out _).ShouldBeTrue();
        }

        using var listed = JsonDocument.Parse(await hub.Http.GetStringAsync("/admin/notifications?limit=1000"));
        listed.RootElement.GetProperty("items").GetArrayLength().ShouldBeGreaterThan(Bodies().Count());
        log.Text.ShouldNotContain("unexpected");
        ForgedCharacters.Where(forged => log.Text.Contains(forged, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_notification_that_multiplies_its_names_costs_no_more_than_its_size()
    {
        var ids = string.Join(',', Enumerable.Range(1, 20_000).Select(n => n.ToString(CultureInfo.InvariantCulture)));
        var same = string.Join(',', Enumerable.Repeat("1", 60_000));
        var users = string.Join(',', Enumerable.Range(1, 60_000).Select(n => $"\"u{n}\""));
        var empty = string.Join(',', Enumerable.Repeat("{}", 100_000));
        string[] bodies =
        [
            $$"""{"adamIds":[{{ids}}],"clientUserIds":[{{users}}]}""",
            $$"""{"adamIds":[{{same}}],"clientUserIds":[{{users}}]}""",
            $$"""{"adamIds":[{{ids}}],"assignments":[{{empty}}]}""",
            $$"""{"adamIds":[{{same}}],"serialNumber":"C02","assignments":[{{empty}}]}""",
            $$"""{"adamId":1,"pricingParam":[{{users}}],"assignments":[{{empty}}]}""",
            $"{{{string.Join(',', Enumerable.Repeat("\"adamId\":1", 60_000))},\"x\":[{empty}]}}",
        ];

        foreach (var body in bodies)
        {
            var found = await Task.Run(() => NamedRecords.Find("UNKNOWN", Encoding.UTF8.GetBytes(body)))
                // The product of the names would take minutes.
                .WaitAsync(TimeSpan.FromSeconds(20));

            found.Count.ShouldBeInRange(1, 1000);
        }
    }

    private static IEnumerable<string> Bodies()
    {
        foreach (var text in (string[])[Sql, Controls, "\\ud800", "${jndi:ldap://x}", "<script>alert(1)</script>"])
        {
            yield return Body(text, "TEST_NOTIFICATION", "{}");
            yield return Body($"t-{text}", text, "{}");
            yield return Body(
                $"m-{text}",
                "ASSET_MANAGEMENT",
                $$"""{"type":"{{text}}","result":"{{text}}","eventId":"{{text}}","assignments":[{"adamId":"{{text}}","pricingParam":"{{text}}","clientUserId":"{{text}}"}]}"""
            );
            yield return Body(
                $"u-{text}",
                "ASSET_MANAGEMENT",
                $$"""{"type":"ASSOCIATE","result":"SUCCESS","eventId":"4d303493-3c5a-f652-55b3-51d69589d1d2","assignments":[{"adamId":"1","clientUserId":"{{text}}"}]}"""
            );
            yield return Body(
                $"n-{text}",
                "USER_MANAGEMENT",
                $$"""{"{{text}}":1,"users":[{"clientUserId":"{{text}}"}]}"""
            );
        }

        foreach (var depth in (int[])[58, 60, 61, 62, 63, 64, 1000])
        {
            var nested = new string('[', depth) + new string(']', depth);
            yield return Body($"d-{depth}", "TEST_NOTIFICATION", $$"""{"x":{{nested}}}""");
            yield return Body($"e-{depth}", "UNKNOWN", $$"""{"x":{{nested}}}""");
        }

        foreach (var number in (string[])["1e999999", "-1", "99999999999999999999999999", "0.1e-400", "1E+2"])
        {
            yield return Body(
                $"c-{number}",
                "ASSET_COUNT",
                $$"""{"adamId":{{number}},"pricingParam":"STDQ","countDelta":{{number}}}"""
            );
            yield return $$$"""{"notificationId":"{{{number}}}","notificationType":"ASSET_COUNT","uId":{{{number}}},"notification":{}}""";
        }

        var many = string.Join(',', Enumerable.Range(0, 50_000).Select(n => $"\"m{n}\":{n}"));
        yield return Body("many", "TEST_NOTIFICATION", $"{{{many}}}");
        yield return Body("same", "TEST_NOTIFICATION", $"{{{string.Join(',', Enumerable.Repeat("\"m\":1", 50_000))}}}");
        yield return Body("long", "ASSET_MANAGEMENT", $$"""{"type":"{{new string('x', 900_000)}}"}""");
        yield return Body(
            "wide",
            "ASSET_MANAGEMENT",
            $$"""{"assignments":[{{string.Join(',', Enumerable.Repeat("{}", 100_000))}}]}"""
        );
        yield return """{"notificationId":"a","notificationId":"b","notificationType":"TEST_NOTIFICATION"}""";
    }

    private static string Body(string id, string type, string notification) =>
        $$"""{"notificationId":"{{id}}","notificationType":"{{type}}","notification":{{notification}},"uId":"2049025000431439"}""";
}
