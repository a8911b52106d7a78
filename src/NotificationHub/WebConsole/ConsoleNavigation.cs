using NotificationHub.Auth;

namespace NotificationHub.WebConsole;

/// <summary>A page in the console's navigation.</summary>
/// <param name="Path">The path below <c>/console</c>.</param>
internal sealed record ConsoleNavigation(string Path, string Title)
{
    /// <summary>The pages, in the order of the navigation. A page without an entry is reached by links of other pages.</summary>
    public static IReadOnlyList<ConsoleNavigation> Pages { get; } =
    [
        new("", "Overview"),
        new("notifications", "Notifications"),
        new("events", "Events"),
        new("records", "Records"),
        new("topics", "Topics"),
        new("dead-letters", "Dead letters"),
        new("replays", "Replays"),
        new("locations", "Locations"),
        new("operations", "Operations"),
        new("audit", "Audit"),
        new("doctor", "Doctor"),
        new("runbook", "Runbook"),
        new("settings", "Settings"),
    ];

    public string Url => Path.Length == 0 ? ConsoleSessions.Root : $"{ConsoleSessions.Root}/{Path}";

    /// <summary>Whether a page belongs to this entry: the page itself, or one below it.</summary>
    public bool Contains(PathString page) =>
        Path.Length == 0 ? page == Url : page.StartsWithSegments(Url, StringComparison.OrdinalIgnoreCase);
}
