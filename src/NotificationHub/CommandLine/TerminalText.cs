using System.Globalization;
using System.Text.RegularExpressions;

namespace NotificationHub.CommandLine;

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
