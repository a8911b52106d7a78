using System.Text.RegularExpressions;

namespace NotificationHub.Snapshots;

/// <summary>Escapes user IDs and holders in keys and subjects.</summary>
// No key ends with a space, because SQL Server ignores trailing spaces.
internal static partial class UserKeys
{
    private const string Space = "%20";

    // A user's ID may contain slashes.
    public static string Escape(string clientUserId) =>
        EscapeLastSpace(clientUserId.Replace("%", "%25", StringComparison.Ordinal))
            .Replace("/", "%2F", StringComparison.Ordinal);

    public static string Parse(string key) =>
        key.Replace("%2F", "/", StringComparison.Ordinal)
            .Replace(Space, " ", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);

    public static string Subject(string clientUserId) => $"users/{Escape(clientUserId)}";

    /// <summary>A holder as the last part of a key; only its end is escaped.</summary>
    public static string Last(string holder) => EscapeLastSpace(EndPattern().Replace(holder, "%25${rest}"));

    public static string ParseLast(string part) =>
        part.EndsWith(Space, StringComparison.Ordinal)
            ? $"{part.AsSpan(0, part.Length - Space.Length)} "
            : EscapedEndPattern().Replace(part, "%${rest}");

    private static string EscapeLastSpace(string text) =>
        text.EndsWith(' ') ? $"{text.AsSpan(0, text.Length - 1)}{Space}" : text;

    // An end that looks like an escaped space, any number of times, must be restored unchanged.
    [GeneratedRegex("""%(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EndPattern();

    [GeneratedRegex("""%25(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EscapedEndPattern();
}
