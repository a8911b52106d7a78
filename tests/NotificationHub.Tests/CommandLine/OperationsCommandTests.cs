using NotificationHub.CommandLine;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class OperationsCommandTests
{
    [Fact]
    public async Task List_shows_the_latest_first_and_applies_its_filters()
    {
        await using var test = await OpenAsync();

        var all = await CommandRun.OnAsync(test.File, "operations", "list", "--json");
        var failed = await CommandRun.OnAsync(test.File, "operations", "list", "--state=failed", "--json");
        var elsewhere = await CommandRun.OnAsync(test.File, "operations", "list", "--location=location-2", "--json");
        var table = await CommandRun.OnAsync(test.File, "operations", "list", "--limit=1");

        IdsOf(all).ShouldBe(["third", "second", "first"]);
        IdsOf(failed).ShouldBe(["second"]);
        IdsOf(elsewhere).ShouldBe(["third"]);
        table.Output.ShouldContain("third");
        table.Output.ShouldNotContain("second");
        failed.Json.GetProperty("operations")[0].GetProperty("failed").GetInt64().ShouldBe(8);
    }

    [Fact]
    public async Task Show_prints_the_failed_tasks_and_their_errors()
    {
        await using var test = await OpenAsync();

        await test.ExecuteAsync(
            "insert into content_metadata (country, adam_id, name, expires_at) values ('CH', '1', 'Keynote', 0)"
        );

        var show = await CommandRun.OnAsync(test.File, "operations", "show", "second");
        var json = await CommandRun.OnAsync(test.File, "operations", "show", "second", "--json");

        show.Output.ShouldContain("9709");
        show.Output.ShouldContain("too [red]few[/]");
        show.Output.ShouldContain("C02");
        show.Output.ShouldContain("7 more tasks failed");
        show.Output.ShouldContain("Keynote");
        json.Json.GetProperty("names").GetProperty("1").GetString().ShouldBe("Keynote");
        var operation = json.Json.GetProperty("operations")[0];
        operation.GetProperty("report").GetProperty("failed").GetInt64().ShouldBe(8);
    }

    [Fact]
    public async Task An_unknown_operation_gives_exit_code_3()
    {
        await using var test = await OpenAsync();

        (await CommandRun.OnAsync(test.File, "operations", "show", "fourth")).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Theory]
    [InlineData("operations", "list", "--location=location-3")]
    [InlineData("notifications", "list", "--location=location-3")]
    [InlineData("relay", "status", "location-3")]
    public async Task An_unknown_location_gives_exit_code_3_and_no_empty_list(params string[] args)
    {
        await using var test = await OpenAsync();

        var run = await CommandRun.OnAsync(test.File, args);

        (run.ExitCode, run.Output).ShouldBe((ExitCode.NotFound, ""));
    }

    [Theory]
    [InlineData("operations", "show")]
    [InlineData("operations", "list", "--state=lost")]
    [InlineData("operations", "list", "--limit=0")]
    public async Task An_ambiguous_selection_is_a_usage_error(params string[] args) =>
        (await CommandRun.RunAsync(args)).ExitCode.ShouldBe(ExitCode.Usage);

    private static string?[] IdsOf(CommandRun run) =>
        [.. run.Json.GetProperty("operations").EnumerateArray().Select(one => one.GetProperty("eventId").GetString())];

    private static async Task<TestDatabase> OpenAsync()
    {
        const string Report = """
            {"eventId":"second","deferred":false,"startedAt":"2026-08-01T12:00:00Z","durationSeconds":1,"source":"event-status",
             "completed":1,"failed":8,"notifications":1,"itemsOmitted":7,
             "failures":[{"errorNumber":9709,"errorMessage":"too [red]few[/]","items":[{"adamId":"1","serialNumber":"C02"}]}]}
            """;
        var test = await TestDatabase.OpenAsync();
        (string Id, string Location, string State, string? Report)[] operations =
        [
            ("first", "location-1", "open", null),
            ("second", "location-1", "failed", Report),
            ("third", "location-2", "open", null),
        ];
        await test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, read_number, created_at)
            values ('location-1', 'valid', 0, 1, 0, 0), ('location-2', 'valid', 0, 1, 0, 0)
            """
        );
        for (var i = 0; i < operations.Length; i++)
        {
            await test.ExecuteAsync(
                """
                insert into operation
                (
                    event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls,
                    completed, missed, report
                )
                values (@Id, @Location, @State, 0, @i, 0, 0, 0, 0, 0, 0, 1, 8, @Report)
                """,
                new
                {
                    operations[i].Id,
                    operations[i].Location,
                    operations[i].State,
                    operations[i].Report,
                    i,
                }
            );
        }

        return test;
    }
}
