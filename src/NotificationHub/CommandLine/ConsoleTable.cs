using Spectre.Console;
using Spectre.Console.Rendering;

namespace NotificationHub.CommandLine;

/// <summary>A table with the most important columns first.</summary>
// If the terminal is too narrow, the last columns are hidden, and their names are printed. If even the first columns do not fit, each row
// becomes a block of lines.
internal sealed class ConsoleTable(params string[] headings)
{
    private const int NarrowestTable = 80;
    private const int FewestColumns = 3;
    private const int Border = 1;
    private const int Padding = 3;

    private readonly List<string[]> rows = [];

    public ConsoleTable Row(params object?[] cells)
    {
        rows.Add([.. cells.Select(ConsoleFields.Format)]);
        return this;
    }

    public void WriteTo(IAnsiConsole console)
    {
        var columns = ColumnsThatFit(console);
        if (columns.Count < Math.Min(FewestColumns, headings.Length))
        {
            WriteBlocks(console);
            return;
        }

        var table = new Table { Border = TableBorder.Simple }.AddColumns([.. columns]);
        foreach (var row in rows)
        {
            table.AddRow(row.Take(columns.Count).Select(cell => new Text(cell)));
        }

        console.Write(table);
        if (columns.Count < headings.Length)
        {
            var left = string.Join(", ", headings.Skip(columns.Count));
            console.WriteUnwrapped(
                $"Columns hidden because the terminal is too narrow: {left}. Use --json to see everything."
            );
        }
    }

    // A column that does not fit is wrapped between words, never within a word: an ID stays on one line, so that it can be copied.
    private List<TableColumn> ColumnsThatFit(IAnsiConsole console)
    {
        List<TableColumn> columns = [];
        var free = console.Profile.Width - Border;
        for (var i = 0; i < headings.Length && console.Profile.Width >= NarrowestTable; i++)
        {
            var (longestWord, longestCell) = Measure(console, i);
            if (longestCell + Padding <= free)
            {
                columns.Add(new TableColumn(headings[i]).NoWrap());
                free -= longestCell + Padding;
                continue;
            }

            if (longestWord + Padding <= free)
            {
                columns.Add(new TableColumn(headings[i]).Width(free - Padding));
            }

            break;
        }

        return columns;
    }

    private (int LongestWord, int LongestCell) Measure(IAnsiConsole console, int column)
    {
        var options = RenderOptions.Create(console);
        var sizes = rows.Select(row => row[column])
            .Prepend(headings[column])
            .Select(cell => ((IRenderable)new Text(cell)).Measure(options, int.MaxValue))
            .ToList();
        return (sizes.Max(size => size.Min), sizes.Max(size => size.Max));
    }

    private void WriteBlocks(IAnsiConsole console)
    {
        foreach (var row in rows)
        {
            console.WriteFields([
                .. headings.Zip(row, (heading, cell) => (heading, (object?)(cell.Length > 0 ? cell : null))),
            ]);
            console.WriteText("");
        }
    }
}
