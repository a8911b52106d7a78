using System.Text.RegularExpressions;

namespace NotificationHub.Snapshots;

/// <summary>How events and the snapshot name a user. No key ends in a blank, which SQL Server would pass over.</summary>
internal static partial class UserKeys
{
    private const string Blank = "%20";

    /// <summary>A user's id may hold slashes; only those that the hub writes separate.</summary>
    public static string Of(string clientUserId) =>
        WithoutLastBlank(clientUserId.Replace("%", "%25", StringComparison.Ordinal))
            .Replace("/", "%2F", StringComparison.Ordinal);

    /// <summary>The id of which <paramref name="key"/> is the name.</summary>
    public static string Parse(string key) =>
        key.Replace("%2F", "/", StringComparison.Ordinal)
            .Replace(Blank, " ", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);

    public static string Subject(string clientUserId) => $"users/{Of(clientUserId)}";

    /// <summary>A holder as the last part of a key: it stands as it is, but for its end.</summary>
    public static string Last(string holder) => WithoutLastBlank(LikeBlank().Replace(holder, "%25${rest}"));

    /// <summary>The holder of which <paramref name="part"/> is the last part of a key.</summary>
    public static string ParseLast(string part) =>
        part.EndsWith(Blank, StringComparison.Ordinal)
            ? $"{part.AsSpan(0, part.Length - Blank.Length)} "
            : EscapedLikeBlank().Replace(part, "%${rest}");

    private static string WithoutLastBlank(string text) =>
        text.EndsWith(' ') ? $"{text.AsSpan(0, text.Length - 1)}{Blank}" : text;

    // What ends like an escaped blank, or like that escaped, and so on: it must come back as it was.
    [GeneratedRegex("""%(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex LikeBlank();

    [GeneratedRegex("""%25(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EscapedLikeBlank();
}
