using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Erasure;

public sealed class ErasureTests
{
    [Fact]
    public async Task A_user_is_erased_everywhere_and_the_others_stay()
    {
        await using var scene = await ErasureScene.StartAsync();
        (await scene.FindAsync(ErasureScene.AnnsTraces)).ShouldBe([
            "dead_letter.reason",
            "event_log.data",
            "event_log.subject",
            "notification_log.body",
            "operation.report",
            "refetch_target.expects",
            "refetch_target.holders",
            "refetch_target.key",
            "snapshot.data",
            "snapshot.key",
        ]);

        var run = await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann, "--json");

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        (await scene.FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
        run.Json.GetProperty("notifications").GetInt64().ShouldBe(7);
        run.Json.GetProperty("events").GetInt64().ShouldBe(3);
        run.Json.GetProperty("records").GetInt64().ShouldBe(9);
        (await scene.FindAsync(["bob"])).ShouldBe([
            "notification_log.body",
            "refetch_target.expects",
            "refetch_target.holders",
            "snapshot.data",
            "snapshot.key",
        ]);
        (await scene.FindAsync(["C39NQ0AAPUR77"])).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_device_is_erased_everywhere_and_one_with_a_longer_serial_number_stays()
    {
        await using var scene = await ErasureScene.StartAsync();

        using var response = await EraseAsync(scene, new { serialNumber = ErasureScene.Device });

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString().ShouldBe("done");
        var left = await scene.FindAsync(ErasureScene.DevicesTraces);
        left.ShouldBe(await scene.FindAsync(["C39NQ0AAPUR77"]));
        left.ShouldBe(["notification_log.body", "snapshot.data", "snapshot.key"]);
        (await scene.FindAsync([ErasureScene.Email])).ShouldNotBeEmpty();
        (await scene.ScalarAsync<string>("select holders from refetch_target where key = '2/STDQ'")).ShouldBe(
            """["user:bob"]"""
        );
    }

    [Fact]
    public async Task The_feed_returns_the_same_events_redacted()
    {
        await using var scene = await ErasureScene.StartAsync();
        var before = await EventsAsync(scene);

        (await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann)).ExitCode.ShouldBe(ExitCode.Ok);

        var after = await EventsAsync(scene);
        after.Select(IdAndType).ShouldBe(before.Select(IdAndType));
        var users = after
            .First(one => IdAndType(one).EndsWith("user.associated.notified.v1", StringComparison.Ordinal))
            .GetProperty("data")
            .GetProperty("notification")
            .GetProperty("associatedUsers");
        users[0].GetProperty("clientUserId").GetString().ShouldBe("(erased)");
        users[0].GetProperty("status").GetString().ShouldBe("Associated");
        users[1].GetProperty("email").GetString().ShouldBe("bob@example.com");
        var subjects = after.Select(one => one.TryGetProperty("subject", out var subject) ? $"{subject}" : "").ToList();
        subjects.ShouldContain("users/(erased)");
        subjects.ShouldContain("subscription-assignments/77/(erased)");
        subjects.ShouldContain("assignments/408709785/STDQ/serial:C39NQ0AAPUR7");
    }

    [Fact]
    public async Task A_repeat_of_an_erased_notification_is_recognized()
    {
        await using var scene = await ErasureScene.StartAsync();
        var kept = await scene.ScalarAsync<long>("select count(*) from notification_log");

        (await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann)).ExitCode.ShouldBe(ExitCode.Ok);
        foreach (var body in ErasureScene.Bodies)
        {
            (await scene.Location.PostAsync(body)).Dispose();
        }

        (await scene.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(kept);
        (await scene.FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_audit_log_records_the_erasure_without_the_identifier()
    {
        await using var scene = await ErasureScene.StartAsync();

        var run = await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann, "--json");
        var audit = await CommandRun.OnAsync(scene.Hub, "audit", "list", "--json");

        var entry = audit.Json.GetProperty("items").EnumerateArray().Last();
        entry.GetProperty("seq").GetInt64().ShouldBe(run.Json.GetProperty("auditEntry").GetInt64());
        entry.GetProperty("action").GetString().ShouldBe("erase");
        entry.GetProperty("subject").GetString().ShouldBe("a user");
        entry.GetProperty("outcome").GetString().ShouldBe("succeeded");
        entry.GetProperty("detail").GetString().ShouldBe("7 notifications, 3 events, 9 records");
        (await scene.ScalarAsync<long>("select count(*) from erasure")).ShouldBe(0);
    }

    [Fact]
    public async Task A_dry_run_counts_the_same_and_changes_nothing()
    {
        await using var scene = await ErasureScene.StartAsync();
        var before = await scene.FindAsync(ErasureScene.AnnsTraces);

        var dry = await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann, "--dry-run", "--json");
        var left = await scene.FindAsync(ErasureScene.AnnsTraces);
        var wet = await CommandRun.OnAsync(scene.Hub, "erase", "--user", ErasureScene.Ann, "--json");

        left.ShouldBe(before);
        dry.Json.GetProperty("auditEntry").ValueKind.ShouldBe(JsonValueKind.Null);
        foreach (var count in new[] { "notifications", "events", "records" })
        {
            dry.Json.GetProperty(count).GetInt64().ShouldBe(wet.Json.GetProperty(count).GetInt64(), count);
        }

        (await scene.ScalarAsync<long>("select count(*) from audit_entry where action = 'erase'")).ShouldBe(1);
    }

    [Fact]
    public async Task An_erasure_can_be_limited_to_one_location()
    {
        await using var scene = await ErasureScene.StartAsync();

        using var response = await EraseAsync(
            scene,
            new { clientUserId = ErasureScene.Ann, location = scene.Other.Id }
        );

        var document = await response.Content.ReadFromJsonAsync<JsonElement>();
        document.GetProperty("notifications").GetInt64().ShouldBe(1);
        document.GetProperty("records").GetInt64().ShouldBe(0);
        (await scene.FindAsync(ErasureScene.AnnsTraces)).ShouldNotBeEmpty();
        (
            await scene.ScalarAsync<long>(
                $"select count(*) from notification_log where location_id = '{scene.Other.Id}' and cast(body as text) like '%ann%'"
            )
        ).ShouldBe(0);
    }

    [Fact]
    public async Task The_request_must_identify_one_user_or_device()
    {
        await using var hub = await HubHost.StartAsync();

        (await CommandRun.OnAsync(hub, "erase")).ExitCode.ShouldBe(ExitCode.Usage);
        (await CommandRun.OnAsync(hub, "erase", "--user", "u", "--serial", "s")).ExitCode.ShouldBe(ExitCode.Usage);
        (await CommandRun.OnAsync(hub, "erase", "--user", "u", "--location", "nowhere")).ExitCode.ShouldBe(
            ExitCode.NotFound
        );
        using var both = await hub.Http.PostAsJsonAsync(
            "/admin/erasures",
            new { clientUserId = "u", serialNumber = "s" }
        );
        using var invalid = await hub.Http.PostAsJsonAsync("/admin/erasures", new { clientUserId = "" });
        using var nowhere = await hub.Http.PostAsJsonAsync(
            "/admin/erasures",
            new { clientUserId = "u", location = "l" }
        );
        both.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        invalid.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        nowhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task<HttpResponseMessage> EraseAsync(ErasureScene scene, object input) =>
        scene.Hub.Http.PostAsJsonAsync("/admin/erasures", input);

    private static async Task<IReadOnlyList<JsonElement>> EventsAsync(ErasureScene scene) =>
        [
            .. (await scene.Hub.Http.GetStringAsync("/events"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];

    private static string IdAndType(JsonElement published) =>
        $"{published.GetProperty("id")} {published.GetProperty("type")}";
}
