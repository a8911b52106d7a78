using NotificationHub.CommandLine;
using NotificationHub.Tests.Locations;
using Spectre.Console;

namespace NotificationHub.Tests.CommandLine;

public sealed class ConsoleTableTests
{
    private const string Id = "euymam2icmymo32l";

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(120)]
    public async Task Locations_are_listed_with_ID_state_and_warnings_at_usual_widths(int width)
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        await scene.ExecuteAsync("delete from location_check");
        await scene.ExecuteAsync(
            "insert into location_check (location_id, due_at, error, silent_since) values (@LocationId, @due, 'no answer', 1)",
            new { location.LocationId, due = long.MaxValue }
        );
        await scene.ExecuteAsync(
            "update location set name = @name",
            new { name = string.Join(' ', Enumerable.Repeat("Schule", 12)) }
        );

        var run = await CommandRun.RunAsync(
            width,
            ["locations", "list", .. scene.Hub.Store.Settings.Select(setting => $"--{setting}")]
        );

        var lines = run.Output.Split('\n');
        lines.ShouldAllBe(line =>
            line.TrimEnd().Length <= width || line.StartsWith("Columns hidden", StringComparison.Ordinal)
        );
        var row = lines.Single(line => line.Contains(location.LocationId, StringComparison.Ordinal));
        row.ShouldContain("valid");
        row.ShouldContain("silent");
        run.Output.ShouldContain("Columns hidden");
    }

    [Fact]
    public void A_wide_terminal_shows_every_column()
    {
        var lines = Write(200, Table());

        lines.ShouldContain(line => line.Contains("Fourth", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.StartsWith("Columns hidden", StringComparison.Ordinal));
    }

    [Fact]
    public void A_column_that_does_not_fit_wraps_between_words_and_hidden_columns_are_named()
    {
        var lines = Write(80, Table());

        lines.ShouldContain(line => line.Contains(Id, StringComparison.Ordinal));
        lines.Count(line => line.Contains("word", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
        lines.ShouldContain("Columns hidden because the terminal is too narrow: Fourth. Use --json to see everything.");
    }

    [Fact]
    public void An_ID_longer_than_the_terminal_stays_on_one_line_of_a_block()
    {
        var id = new string('x', 90);

        var lines = Write(80, new ConsoleTable("Id", "Name").Row(id, "Keynote"));

        lines.ShouldBe([$"Id    {id}", "Name  Keynote", ""]);
    }

    [Fact]
    public void A_narrow_terminal_shows_one_block_per_record()
    {
        var lines = Write(60, new ConsoleTable("Id", "Name", "State").Row(Id, "", "valid").Row("b", "c", "d"));

        lines.ShouldBe([$"Id     {Id}", "State  valid", "", "Id     b", "Name   c", "State  d", ""]);
    }

    [Fact]
    public void External_text_cannot_control_the_terminal_or_reorder_the_line()
    {
        var lines = Write(120, new ConsoleTable("Name").Row("a\u001B[2Jb\u202Egnp\u2066x\u2028y\u200Fz\u061C"));

        lines.ShouldContain(line => line.Trim() == "a\uFFFD[2Jb\uFFFDgnp\uFFFDx\uFFFDy\uFFFDz\uFFFD");
    }

    [Fact]
    public void Joiners_that_scripts_need_are_kept() => TerminalText.Clean("می\u200Cخواهم").ShouldBe("می\u200Cخواهم");

    [Fact]
    public void A_JSON_document_escapes_characters_that_reorder_text()
    {
        using var output = new StringWriter();
        new CommandOutput(output, Stream.Null, json: true, width: null).Write(new { Name = "a\u202Eb" }, _ => { });

        output.ToString().ShouldNotContain("\u202E");
        System
            .Text.Json.JsonDocument.Parse(output.ToString())
            .RootElement.GetProperty("name")
            .GetString()
            .ShouldBe("a\u202Eb");
    }

    [Fact]
    public async Task An_error_message_cannot_reorder_the_line()
    {
        var run = await CommandRun.RunAsync("bogus\u202E");

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("bogus\uFFFD");
    }

    private static ConsoleTable Table() =>
        new ConsoleTable("Id", "State", "Words", "Fourth").Row(
            Id,
            "valid",
            string.Join(' ', Enumerable.Repeat("word", 12)),
            "4"
        );

    private static string[] Write(int width, ConsoleTable table)
    {
        using var output = new StringWriter();
        new CommandOutput(output, Stream.Null, json: false, width).Write(0, table.WriteTo);
        return [.. output.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r', ' ')).Append("")];
    }
}
