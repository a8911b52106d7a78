using System.Globalization;
using Spectre.Console;

namespace NotificationHub.Benchmarks;

/// <summary>Tables in Markdown, to be copied into a document.</summary>
internal static class MarkdownTable
{
    public static Table CreateTable(params string[] columns)
    {
        // Redirected output has no width.
        AnsiConsole.Profile.Width = 220;
        var table = new Table().Border(TableBorder.Markdown);
        foreach (var column in columns)
        {
            table.AddColumn(column);
        }

        return table;
    }

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Ratio(double value) => Number(value, "0.00") + "×";

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
