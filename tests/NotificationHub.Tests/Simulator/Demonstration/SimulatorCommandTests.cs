using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotificationHub.Simulator;

namespace NotificationHub.Tests.Simulator.Demonstration;

public sealed partial class SimulatorCommandTests
{
    private const char Escape = '\e';
    private static readonly string[] Small = ["--devices", "60", "--apps", "2"];

    [Fact]
    public async Task A_small_burst_loses_nothing_and_prints_one_JSON_object()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--duplicates", "0.5", "--relay", "--json"]);

        var summary = JsonDocument.Parse(run.Output).RootElement;
        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(0, run.Output);
        Number(summary, "lost").ShouldBe(0);
        Number(summary, "duplicated").ShouldBe(0);
        Number(summary, "leftOver").ShouldBe(0);
        Number(summary, "deliveryAttempts")
            .ShouldBe(Number(summary, "notificationsStored") + Number(summary, "duplicates"));
        Number(summary, "notificationsStored").ShouldBe(3, "two apps and the test notification");
        Number(summary.GetProperty("relay"), "forwarded").ShouldBe(3);
        Number(summary.GetProperty("relay"), "received").ShouldBe(3);
        // Each app once, each assignment once, each notification once.
        Number(summary, "eventsAppended").ShouldBeGreaterThanOrEqualTo((60 * 2) + 2 + 2);
        Number(summary, "eventsPublished").ShouldBe(Number(summary, "eventsAppended"));
        Number(summary, "refetchTargets").ShouldBe(4);
        Number(summary, "appleRequests").ShouldBeGreaterThan(4);
        Number(summary, "latencyP50Milliseconds").ShouldBeGreaterThan(0);
        Number(summary, "latencyP99Milliseconds")
            .ShouldBeGreaterThanOrEqualTo(Number(summary, "latencyP50Milliseconds"));
    }

    [Fact]
    public async Task Nothing_is_lost_while_Apple_the_bus_and_the_MDM_fail()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--inject-faults", "--relay"]);

        run.ExitCode.ShouldBe(0, run.Output);
        run.Output.ShouldContain("MDM 3");
        run.Output.ShouldContain("lost: 0, duplicated: 0");
        run.Output.ShouldNotContain("left over");
    }

    [Fact]
    public async Task Redirected_output_has_no_escape_sequences_and_counts_deliveries()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--duplicates", "1"]);

        run.Output.ShouldNotContain(Escape);
        run.Error.ShouldNotContain(Escape);
        run.Error.ShouldNotContain('\r' + "delivered");
        run.Output.ShouldContain("no MDM sends requests for the location");
        var progress = Progress()
            .Matches(run.Error)
            .Select(match => (Delivered: Value(match, 1), Planned: Value(match, 2)));
        progress.ShouldAllBe(shown => shown.Delivered <= shown.Planned);
        progress.Last().ShouldBe((5, 5), "two notifications, both twice, and the test notification");
    }

    [Theory]
    [InlineData("--devices", "0")]
    [InlineData("--devices", "many")]
    [InlineData("--duplicates", "2")]
    [InlineData("--no-such-option")]
    public async Task Wrong_arguments_are_explained_on_standard_error(params string[] args)
    {
        var run = await ProgramRun.SimulatorAsync(args);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(args[0]);
    }

    [Fact]
    public async Task An_unusable_data_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        var blocked = folder.File("a-file");
        await File.WriteAllTextAsync(blocked, "");

        var run = await ProgramRun.SimulatorAsync("--data", Path.Combine(blocked, "data"));

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(blocked);
    }

    [Fact]
    public async Task A_data_folder_with_a_database_is_not_changed()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("notificationhub.db"), "other data");

        var run = await ProgramRun.SimulatorAsync("--data", folder.Path);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(folder.Path);
        (await File.ReadAllTextAsync(folder.File("notificationhub.db"))).ShouldBe("other data");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_keep_running_it_explains_how_to_send_a_notification(bool json)
    {
        using var stop = new CancellationTokenSource();
        await using var text = new AwaitedText("Press Ctrl+C to stop.");
        await using var other = new StringWriter();
        string[] args =
        [
            "--devices",
            "5",
            "--apps",
            "1",
            "--keep-running",
            .. json ? ["--json"] : Array.Empty<string>(),
        ];

        var running = SimulatorProgram.RunAsync(args, json ? other : text, json ? text : other, stop.Token);
        await text.Found.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();

        (await running).ShouldBe(0);
        text.Text.ShouldContain("curl -i -H 'Authorization: Bearer ");
        text.Text.ShouldContain("/events?after=0");
        text.Text.ShouldMatch("Console +http://127\\.0\\.0\\.1:[0-9]+/console");
        if (json)
        {
            Number(JsonDocument.Parse(other.ToString()).RootElement, "lost").ShouldBe(0);
        }
    }

    private static double Number(JsonElement summary, string key) => summary.GetProperty(key).GetDouble();

    private static int Value(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("delivered ([0-9]+)/([0-9]+)")]
    private static partial Regex Progress();
}
