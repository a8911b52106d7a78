namespace NotificationHub.WebConsole.Parts;

/// <summary>Durations as people read them.</summary>
internal static class Ages
{
    public static string Ago(DateTimeOffset at, DateTimeOffset now) =>
        at > now ? $"in {Format(at - now)}" : $"{Format(now - at)} ago";

    public static string Format(TimeSpan age) =>
        age.TotalSeconds < 60 ? $"{age.TotalSeconds:0} s"
        : age.TotalMinutes < 60 ? $"{age.TotalMinutes:0} min"
        : age.TotalHours < 48 ? $"{age.TotalHours:0} h"
        : $"{age.TotalDays:0} days";
}
