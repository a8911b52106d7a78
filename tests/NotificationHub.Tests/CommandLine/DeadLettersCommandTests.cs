using NotificationHub.CommandLine;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.CommandLine;

public sealed class DeadLettersCommandTests
{
    [Fact]
    public async Task List_and_show_print_the_rejected_event_and_the_reason()
    {
        await using var test = await OpenAsync();

        var list = await CommandRun.OnAsync(test.File, "dead-letters", "list", "--topic=users", "--json");
        var show = await CommandRun.OnAsync(test.File, "dead-letters", "show", "2");

        var listed = list.Json.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        listed.GetProperty("seq").GetInt64().ShouldBe(3);
        listed.GetProperty("state").GetString().ShouldBe("open");
        show.Output.ShouldContain("asset.changed");
        show.Output.ShouldContain("too [red]odd[/]");
        show.Output.ShouldContain("\"id\":\"1-2\"");
    }

    [Theory]
    [InlineData("resend", "resend")]
    [InlineData("discard", "discarded", "--reason=odd")]
    public async Task A_dead_letter_is_resent_or_discarded_once(string decision, string state, params string[] options)
    {
        await using var test = await OpenAsync();

        var first = await CommandRun.OnAsync(test.File, ["dead-letters", decision, "1", "--json", .. options]);
        var second = await CommandRun.OnAsync(test.File, ["dead-letters", decision, "1", "--json", .. options]);

        first.ExitCode.ShouldBe(ExitCode.Ok);
        ResultsOf(first).ShouldBe(["taken"]);
        second.ExitCode.ShouldBe(ExitCode.Failed);
        ResultsOf(second).ShouldBe(["not-open"]);
        (await StatesAsync(test)).ShouldBe([state, "open", "open"]);
    }

    [Fact]
    public async Task The_topic_option_selects_all_dead_letters_of_the_topic()
    {
        await using var test = await OpenAsync();

        var run = await CommandRun.OnAsync(test.File, "dead-letters", "resend", "--topic=assets");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        (await StatesAsync(test)).ShouldBe(["resend", "resend", "open"]);
    }

    [Fact]
    public async Task The_all_option_selects_all_open_dead_letters()
    {
        await using var test = await OpenAsync();

        await CommandRun.OnAsync(test.File, "dead-letters", "discard", "--all", "--reason=odd");

        (await StatesAsync(test)).ShouldBe(["discarded", "discarded", "discarded"]);
    }

    [Fact]
    public async Task A_type_selects_its_dead_letters_and_a_dry_run_changes_nothing()
    {
        await using var test = await OpenAsync();

        var preview = await CommandRun.OnAsync(test.File, "dead-letters", "resend", "--all", "--dry-run", "--json");
        (await StatesAsync(test)).ShouldBe(["open", "open", "open"]);
        var run = await CommandRun.OnAsync(
            test.File,
            "dead-letters",
            "resend",
            "--type=notificationhub.user.changed.v1"
        );

        preview.ExitCode.ShouldBe(ExitCode.Ok);
        ResultsOf(preview).ShouldBe(["dry-run", "dry-run", "dry-run"]);
        run.ExitCode.ShouldBe(ExitCode.Ok);
        (await StatesAsync(test)).ShouldBe(["open", "open", "resend"]);
    }

    [Theory]
    [InlineData("dead-letters", "show", "7")]
    [InlineData("dead-letters", "resend", "7")]
    public async Task An_unknown_seq_gives_exit_code_3(params string[] args)
    {
        await using var test = await OpenAsync();

        (await CommandRun.OnAsync(test.File, args)).ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Theory]
    [InlineData("dead-letters", "resend")]
    [InlineData("dead-letters", "resend", "1", "--all")]
    [InlineData("dead-letters", "discard", "--topic=assets", "--all", "--reason=odd")]
    [InlineData("dead-letters", "discard", "--all")]
    [InlineData("dead-letters", "discard", "--all", "--reason= ")]
    [InlineData("dead-letters", "resend", "--subscription=inventory", "--all")]
    [InlineData("dead-letters", "resend", "--subscription=inventory", "--topic=assets")]
    [InlineData("dead-letters", "list", "--subscription=inventory", "--topic=assets", "--state=open")]
    [InlineData("dead-letters", "list", "--topic=weather")]
    public async Task An_ambiguous_selection_is_a_usage_error(params string[] args) =>
        (await CommandRun.RunAsync(args)).ExitCode.ShouldBe(ExitCode.Usage);

    private static async Task<TestDatabase> OpenAsync()
    {
        var test = await TestDatabase.OpenAsync();
        (string Topic, string Type)[] events =
        [
            ("assets", "asset.changed"),
            ("assets", "asset.changed"),
            ("users", "user.changed"),
        ];
        foreach (var (topic, type) in events)
        {
            await test.ExecuteAsync(
                "insert into event_log (topic, type, data, conflict, created_at) values (@topic, @type, x'7b7d', 0, 0)",
                new { topic, type }
            );
        }

        await test.ExecuteAsync(
            """
            insert into dead_letter (event_seq, topic, state, reason, rejected_at)
            select seq, topic, 'open', 'too [red]odd[/]', 0 from event_log
            """
        );
        return test;
    }

    private static Task<IReadOnlyList<string>> StatesAsync(TestDatabase test) =>
        test.QueryAsync<string>("select state from dead_letter order by event_seq");

    private static string?[] ResultsOf(CommandRun run) =>
        [.. run.Json.GetProperty("deadLetters").EnumerateArray().Select(one => one.GetProperty("result").GetString())];
}
