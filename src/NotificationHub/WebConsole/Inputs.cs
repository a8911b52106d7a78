using System.Globalization;

namespace NotificationHub.WebConsole;

/// <summary>Reads the fields of search forms, in which an empty field is no condition.</summary>
internal static class Inputs
{
    public static string? Text(string? given) => string.IsNullOrWhiteSpace(given) ? null : given.Trim();

    /// <summary>A time as browsers send it, in UTC; null if it is none.</summary>
    public static DateTimeOffset? Time(string? given) =>
        DateTimeOffset.TryParse(
            given,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;

    public static long? Seq(string? given) =>
        long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : null;

    /// <summary>Adds an error for a time that cannot be read: without it, the list would show more than was searched for.</summary>
    public static void RequireTime(this Dictionary<string, string[]> errors, string name, string? given)
    {
        if (Text(given) is not null && Time(given) is null)
        {
            errors[name] = ["must be a time such as 2026-03-01T08:00"];
        }
    }

    /// <summary>Adds an error for a <c>seq</c> that cannot be read.</summary>
    public static void RequireSeq(this Dictionary<string, string[]> errors, string name, string? given)
    {
        if (Text(given) is not null && Seq(given) is null)
        {
            errors[name] = ["must be the seq of an entry"];
        }
    }
}
