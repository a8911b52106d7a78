using NotificationHub.CommandLine;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class ReplayCommandTests
{
    private const string Bus =
        "--ServiceBus:ConnectionString=Endpoint=sb://bus.example/;SharedAccessKeyName=key;SharedAccessKey=c2VjcmV0";

    [Fact]
    public async Task A_replay_is_started_listed_shown_and_canceled_once()
    {
        await using var test = await OpenAsync();

        var dryRun = await RunAsync(test, "start", "--topic=assets", "--after=1", "--dry-run");
        var started = await RunAsync(test, "start", "--topic=assets", "--after=1", "--json");
        var id = started.Json.GetProperty("id").GetString()!;
        var list = await RunAsync(test, "list", "--state=pending", "--json");
        var canceled = await RunAsync(test, "cancel", id);
        var again = await RunAsync(test, "cancel", id);
        var shown = await RunAsync(test, "show", id);

        dryRun.Output.ShouldContain("dry run: nothing was started");
        dryRun.Output.ShouldMatch(@"Events +2\n");
        started.Json.GetProperty("events").GetInt64().ShouldBe(2);
        list.Json.GetProperty("items")
            .EnumerateArray()
            .ShouldHaveSingleItem()
            .GetProperty("id")
            .GetString()
            .ShouldBe(id);
        canceled.ExitCode.ShouldBe(ExitCode.Ok);
        (again.ExitCode, again.Error.Trim()).ShouldBe(
            (ExitCode.Failed, $"Replay {id} is already canceled. Nothing was changed.")
        );
        shown.Output.ShouldContain("canceled");
    }

    [Theory]
    [InlineData("--after=1", "--since=2026-01-01")]
    [InlineData("--subscription=weather", "--after=1")]
    [InlineData("--type=user.changed", "--after=1")]
    [InlineData("--since=yesterday")]
    [InlineData("--since=2026-01-02", "--until=2026-01-01")]
    [InlineData("--rate=1001", "--after=1")]
    [InlineData]
    public async Task An_invalid_request_is_a_usage_error_in_one_line(params string[] options)
    {
        var run = await CommandRun.RunAsync(["replay", "start", "--topic=assets", .. options]);

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.Trim().ShouldNotContain("\n");
    }

    [Fact]
    public async Task An_unknown_replay_gives_exit_code_3()
    {
        await using var test = await OpenAsync();

        (await RunAsync(test, "show", "abc")).ExitCode.ShouldBe(ExitCode.NotFound);
        (await RunAsync(test, "cancel", "abc")).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Fact]
    public async Task Without_Service_Bus_the_error_names_the_feed()
    {
        await using var test = await OpenAsync();

        var run = await CommandRun.OnAsync(test.File, "replay", "start", "--topic=assets", "--after=0");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("Read /events");
    }

    private static Task<CommandRun> RunAsync(TestDatabase test, params string[] args) =>
        CommandRun.OnAsync(test.File, ["replay", .. args, Bus]);

    private static async Task<TestDatabase> OpenAsync()
    {
        var test = await TestDatabase.OpenAsync();
        var changed = new NewEvent
        {
            Type = "asset.changed",
            Data = "{}"u8.ToArray(),
            CreatedAt = At(0),
        };
        await test.Database.AppendEventsAsync(changed, changed, changed);
        await test.ExecuteAsync(
            "insert into log_cursor (name, position, last_progress_at) values ('publishing:assets', 3, 0)"
        );
        return test;
    }
}
