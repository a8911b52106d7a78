using System.CommandLine.Parsing;
using System.Globalization;

namespace NotificationHub.CommandLine;

internal static class Waits
{
    /// <summary>Reads seconds, or a time with colons. .NET would take 30 for thirty days.</summary>
    public static TimeSpan Read(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(seconds);
        }

        if (
            text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var wait)
        )
        {
            return wait;
        }

        given.AddError("--wait: must be seconds, such as 30, or hours, minutes and seconds, such as 00:00:30.");
        return default;
    }
}
