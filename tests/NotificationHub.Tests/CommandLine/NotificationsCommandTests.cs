using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.CommandLine;

public sealed class NotificationsCommandTests
{
    [Fact]
    public async Task List_returns_the_newest_notifications_first_in_pages()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await PostAsync(location, TestLocation.Notification("n-1"), "no JSON", TestLocation.Notification("n-2"));

        var first = await CommandRun.OnAsync(hub, "notifications", "list", "--limit=2", "--json");
        var second = await CommandRun.OnAsync(
            hub,
            "notifications",
            "list",
            $"--before={first.Json.GetProperty("next").GetString()}",
            "--json"
        );

        Ids(first).ShouldBe(["n-2", null]);
        Ids(second).ShouldBe(["n-1"]);
        second.Json.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task List_applies_its_filters()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        await PostAsync(location, TestLocation.Notification("n-1"), "no JSON");
        await PostAsync(other, "no JSON either");

        var run = await CommandRun.OnAsync(
            hub,
            "notifications",
            "list",
            "--disposition=rejected",
            $"--location={other.Id}",
            "--json"
        );

        var row = run.Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        row.GetProperty("location").GetString().ShouldBe(other.Id);
        row.GetProperty("disposition").GetString().ShouldBe("rejected");
        row.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task List_finds_what_a_notification_names()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await PostAsync(
            location,
            TestLocation.Notification("n-1"),
            """{"notificationId":"n-2","notificationType":"ASSET_MANAGEMENT","notification":{"assignments":[{"serialNumber":"C02"}]}}"""
        );

        var found = await CommandRun.OnAsync(hub, "notifications", "list", "--serial-number=C02", "--json");
        var byType = await CommandRun.OnAsync(hub, "notifications", "list", "--type=TEST_NOTIFICATION", "--json");
        var none = await CommandRun.OnAsync(hub, "notifications", "list", "--client-user-id=C02", "--json");

        Ids(found).ShouldBe(["n-2"]);
        Ids(byType).ShouldBe(["n-1"]);
        Ids(none).ShouldBeEmpty();
        found.Json.GetProperty("searchedBackTo").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Show_withholds_invite_codes_without_raw()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        const string Body = """
            {"notificationId":"n-1","notificationType":"USER_ASSOCIATED","uId":"1",
             "notification":{"associatedUsers":[{"clientUserId":"u","inviteCode":"f551b37d","status":"Associated"}]}}
            """;
        await PostAsync(location, Body);

        var shown = await CommandRun.OnAsync(hub, "notifications", "show", "1", "--json");
        var people = await CommandRun.OnAsync(hub, "notifications", "show", "1");
        var raw = await CommandRun.OnAsync(hub, "notifications", "show", "1", "--raw", "--json");

        shown.Json.GetProperty("body").GetString().ShouldBe(Body.Replace("f551b37d", "(withheld)"));
        people.Output.ShouldContain("--raw");
        people.Output.ShouldNotContain("f551b37d");
        raw.Json.GetProperty("body").GetString().ShouldBe(Body);
    }

    [Fact]
    public async Task Show_prints_a_binary_body_in_hexadecimal()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        using var response = await location.PostAsync([0xFF, 0x1B, 0x5B]);

        var run = await CommandRun.OnAsync(hub, "notifications", "show", "1", "--json");

        run.Json.GetProperty("bodyHex").GetString().ShouldBe("ff1b5b");
        run.Json.GetProperty("body").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Show_raw_prints_the_body_byte_for_byte_and_nothing_else()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        byte[] body = [.. "{\r\n\t[red]"u8, 0xFF, 0x1B, .. Enumerable.Repeat((byte)'x', 5000), (byte)'\r'];
        using var response = await location.PostAsync(body);

        var run = await CommandRun.OnAsync(hub, "notifications", "show", "1", "--raw");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        run.Bytes.ShouldBe(body);
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Show_raw_sends_a_terminal_no_control_characters()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        byte[] body = [.. "{\r\n\t[red]"u8, 0xFF, .. "\u001B]0;title\u0007\u009B\u202E"u8, (byte)'}'];
        using var response = await location.PostAsync(body);

        var run = await CommandRun.RunAsync(
            width: 80,
            ["notifications", "show", "1", "--raw", .. hub.Store.Settings.Select(setting => $"--{setting}")]
        );

        run.Bytes.ShouldBeEmpty();
        run.Output.ReplaceLineEndings("\n").ShouldBe("{\n\t[red]\uFFFD\uFFFD]0;title\uFFFD\uFFFD\uFFFD}\n");
    }

    [Fact]
    public async Task Show_keeps_the_line_breaks_of_the_body()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        var line = new string('x', 5000);
        using var response = await location.PostAsync($"{line}\r\n[red] {line}\rover");

        var run = await CommandRun.OnAsync(hub, "notifications", "show", "1");

        run.Output.ShouldContain($"{line}\n[red] {line}\nover");
        run.Output.ShouldNotContain("\uFFFD");
    }

    [Fact]
    public async Task Show_reports_an_unknown_notification()
    {
        await using var hub = await HubHost.StartAsync();

        (await CommandRun.OnAsync(hub, "notifications", "show", "7")).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Fact]
    public async Task A_quarantined_notification_is_rerouted_once()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync("1");
        await PostAsync(location, TestLocation.Notification("n-1", uId: "2"));

        var run = await CommandRun.OnAsync(hub, "notifications", "reroute", "--disposition=quarantined", "--json");
        var again = await CommandRun.OnAsync(hub, "notifications", "reroute", "1");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        var done = run.Json.GetProperty("rerouted").EnumerateArray().ShouldHaveSingleItem();
        done.GetProperty("result").GetString().ShouldBe("rerouted");
        again.ExitCode.ShouldBe(ExitCode.Failed);
        again.Output.ShouldContain("unchanged: already rerouted");
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        (await NotificationLog.FindAsync(connection, 1))!.Disposition.ShouldBe(Disposition.Rerouted);
    }

    [Fact]
    public async Task Reroute_reports_errors_of_the_notification_and_an_unknown_seq()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await PostAsync(location, "no JSON");

        var unfit = await CommandRun.OnAsync(hub, "notifications", "reroute", "1", "--json");
        var missing = await CommandRun.OnAsync(hub, "notifications", "reroute", "7");

        unfit.ExitCode.ShouldBe(ExitCode.Failed);
        var done = unfit.Json.GetProperty("rerouted").EnumerateArray().ShouldHaveSingleItem();
        done.GetProperty("result").GetString().ShouldBe("still-unrecognized");
        done.GetProperty("errors").GetArrayLength().ShouldBeGreaterThan(0);
        missing.ExitCode.ShouldBe(ExitCode.NotFound);
        missing.Output.ShouldContain("not found");
    }

    private static async Task PostAsync(TestLocation location, params string[] bodies)
    {
        foreach (var body in bodies)
        {
            using var response = await location.PostAsync(body);
        }
    }

    private static string?[] Ids(CommandRun run) =>
        [
            .. run
                .Json.GetProperty("items")
                .EnumerateArray()
                .Select(row => row.GetProperty("notificationId").GetString()),
        ];
}
