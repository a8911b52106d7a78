using System.Globalization;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>Tables of text that may come from strangers: markup and control characters in it do nothing.</summary>
internal static class ConsoleTable
{
    public static Table Of(params string[] headings) =>
        new Table { Border = TableBorder.Simple }.AddColumns([
            .. headings.Select(heading => new TableColumn(heading).NoWrap()),
        ]);

    public static Table Row(this Table table, params object?[] cells) =>
        table.AddRow(cells.Select(cell => new Text(Printable(cell))));

    /// <summary>A name and a value on a line, for each that has one.</summary>
    public static void WriteFields(this IAnsiConsole console, params (string Name, object? Value)[] fields)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap());
        foreach (var (name, value) in fields.Where(field => field.Value is not null))
        {
            grid.AddRow(new Text(name), new Text(Printable(value)));
        }

        console.Write(grid);
    }

    public static void WriteText(this IAnsiConsole console, string text) => console.WriteLine(Printable(text));

    /// <summary>Past the width of the terminal: what is long is to be copied, or piped on.</summary>
    public static void WriteUnwrapped(this IAnsiConsole console, string text) =>
        // A lone carriage return would let a stranger write over the line.
        console.Profile.Out.Writer.WriteLine(Printable(text.ReplaceLineEndings("\n")));

    private static string Printable(object? cell) =>
        string.Concat(
            Write(cell).Select(letter => char.IsControl(letter) && letter is not ('\n' or '\t') ? '\uFFFD' : letter)
        );

    private static string Write(object? cell) =>
        cell switch
        {
            null => "",
            DateTimeOffset time => time.ToString("u", CultureInfo.InvariantCulture),
            bool yes => yes ? "yes" : "no",
            IEnumerable<string> several => string.Join(", ", several),
            _ => Convert.ToString(cell, CultureInfo.InvariantCulture) ?? "",
        };
}
