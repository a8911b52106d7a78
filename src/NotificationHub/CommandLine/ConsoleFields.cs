using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>Prints text that may come from outside: markup and control characters in it have no effect.</summary>
internal static class ConsoleFields
{
    public static void WriteFields(this IAnsiConsole console, params (string Name, object? Value)[] fields)
    {
        var known = fields.Where(field => field.Value is not null).ToList();
        var width = known.Select(field => field.Name.Length).DefaultIfEmpty().Max() + 2;
        foreach (var (name, value) in known)
        {
            var lines = Format(value).Replace("\n", "\n".PadRight(width + 1), StringComparison.Ordinal);
            console.WriteUnwrapped($"{name.PadRight(width)}{lines}".TrimEnd());
        }
    }

    /// <param name="columns">The heading of each column, and its cell in a row.</param>
    public static void WriteTable<T>(
        this IAnsiConsole console,
        IEnumerable<T> rows,
        params (string Heading, Func<T, object?> Cell)[] columns
    )
    {
        var table = new ConsoleTable([.. columns.Select(column => column.Heading)]);
        foreach (var row in rows)
        {
            table.Row([.. columns.Select(column => column.Cell(row))]);
        }

        table.WriteTo(console);
    }

    public static void WriteText(this IAnsiConsole console, string text) => console.WriteLine(TerminalText.Clean(text));

    public static void WriteNext(this IAnsiConsole console, string? next, string option = "--after")
    {
        if (next is not null)
        {
            console.WriteText($"There may be more. Continue with {option} {next}.");
        }
    }

    /// <summary>Prints long values unwrapped, so that they can be copied or piped.</summary>
    public static void WriteUnwrapped(this IAnsiConsole console, string text) =>
        console.Profile.Out.Writer.WriteLine(TerminalText.Clean(text.ReplaceLineEndings("\n")));

    public static string Format(object? value) =>
        TerminalText.Clean(
            value switch
            {
                null => "",
                DateTimeOffset time => time.ToString("u", CultureInfo.InvariantCulture),
                bool yes => yes ? "yes" : "no",
                IEnumerable<string> several => string.Join(", ", several),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            }
        );
}

/// <summary>Makes text from outside safe to print: a terminal obeys control characters and characters that reorder text.</summary>
internal static partial class TerminalText
{
    /// <summary>Replaces control characters, except line feeds and tabs, and formatting characters such as U+202E.</summary>
    public static string Clean(string text) => Unsafe().Replace(text, "\uFFFD");

    /// <summary>Escapes formatting characters in a JSON document, where they can occur only in strings.</summary>
    public static string EscapeJson(string json) =>
        Formatting()
            .Replace(json, match => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)match.Value[0]:x4}"));

    // Emoji and scripts such as Persian need the two joiners.
    [GeneratedRegex(@"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}-[\n\t\u200C\u200D]]")]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"[\p{Cf}-[\u200C\u200D]]")]
    private static partial Regex Formatting();
}
