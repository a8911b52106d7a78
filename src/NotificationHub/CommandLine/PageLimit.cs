using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace NotificationHub.CommandLine;

/// <summary>The option <c>--limit</c> of the lists.</summary>
internal static class PageLimit
{
    private const int MostRows = 10_000;

    public static Option<int> Create(int rows = 100) =>
        new("--limit")
        {
            Description = $"Maximum number of rows, 1 to {MostRows}.",
            DefaultValueFactory = _ => rows,
            CustomParser = Read,
        };

    private static int Read(ArgumentResult given)
    {
        if (
            int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows)
            && rows is >= 1 and <= MostRows
        )
        {
            return rows;
        }

        given.AddError($"--limit: must be a whole number from 1 to {MostRows}.");
        return default;
    }
}
