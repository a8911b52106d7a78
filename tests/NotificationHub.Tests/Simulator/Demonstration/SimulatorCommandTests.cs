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
    public async Task A_small_burst_ends_with_nothing_lost_and_one_object_of_JSON()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--duplicates", "0.5", "--json"]);

        var summary = JsonDocument.Parse(run.Output).RootElement;
        run.Error.ShouldBeEmpty();
        run.ExitCode.ShouldBe(0, run.Output);
        Number(summary, "lost").ShouldBe(0);
        Number(summary, "doubled").ShouldBe(0);
        Number(summary, "leftOver").ShouldBe(0);
        Number(summary, "postsSent").ShouldBe(Number(summary, "postsStored") + Number(summary, "duplicates"));
        Number(summary, "postsStored").ShouldBe(3, "two apps and the test post");
        // Each app once, each assignment once, each notification once.
        Number(summary, "eventsAppended").ShouldBeGreaterThanOrEqualTo((60 * 2) + 2 + 2);
        Number(summary, "eventsPublished").ShouldBe(Number(summary, "eventsAppended"));
        Number(summary, "refetchTargets").ShouldBe(4);
        Number(summary, "appleRequests").ShouldBeGreaterThan(4);
        Number(summary, "lagP50Milliseconds").ShouldBeGreaterThan(0);
        Number(summary, "lagP99Milliseconds").ShouldBeGreaterThanOrEqualTo(Number(summary, "lagP50Milliseconds"));
    }

    [Fact]
    public async Task Nothing_is_lost_where_Apple_and_the_bus_fail_now_and_then()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--faults"]);

        run.ExitCode.ShouldBe(0, run.Output);
        run.Output.ShouldContain("lost: 0, doubled: 0");
        run.Output.ShouldNotContain("left over");
    }

    [Fact]
    public async Task What_is_redirected_holds_no_escape_sequences_and_counts_posts_against_those_intended()
    {
        var run = await ProgramRun.SimulatorAsync([.. Small, "--duplicates", "1"]);

        run.Output.ShouldNotContain(Escape);
        run.Error.ShouldNotContain(Escape);
        run.Error.ShouldNotContain('\r' + "posts");
        run.Output.ShouldContain("no MDM shares the location");
        var progress = Progress().Matches(run.Error).Select(match => (Posts: Value(match, 1), Of: Value(match, 2)));
        progress.ShouldAllBe(shown => shown.Posts <= shown.Of);
        progress.Last().ShouldBe((5, 5), "two notifications, both twice, and the test post");
    }

    [Theory]
    [InlineData("--devices", "0")]
    [InlineData("--devices", "many")]
    [InlineData("--duplicates", "2")]
    [InlineData("--no-such-option")]
    public async Task A_wrong_command_line_is_explained_on_the_error_output(params string[] args)
    {
        var run = await ProgramRun.SimulatorAsync(args);

        run.ExitCode.ShouldBe(2);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain(args[0]);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_named()
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
    public async Task A_data_folder_that_holds_a_database_is_not_touched()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("notificationhub.db"), "somebody's");

        var run = await ProgramRun.SimulatorAsync("--data", folder.Path);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(folder.Path);
        (await File.ReadAllTextAsync(folder.File("notificationhub.db"))).ShouldBe("somebody's");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kept_running_it_says_how_to_post_and_ends_with_the_verdict(bool json)
    {
        using var stop = new CancellationTokenSource();
        await using var told = new AwaitedText("Ctrl+C ends it.");
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

        var running = SimulatorProgram.RunAsync(args, json ? other : told, json ? told : other, stop.Token);
        await told.Found.WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();

        (await running).ShouldBe(0);
        told.Text.ShouldContain("curl -i -H 'Authorization: Bearer ");
        told.Text.ShouldContain("/events?after=0");
        if (json)
        {
            Number(JsonDocument.Parse(other.ToString()).RootElement, "lost").ShouldBe(0);
        }
    }

    private static double Number(JsonElement summary, string key) => summary.GetProperty(key).GetDouble();

    private static int Value(Match match, int group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("posts answered ([0-9]+)/([0-9]+)")]
    private static partial Regex Progress();
}
