using System.Diagnostics;

namespace NotificationHub.Telemetry;

/// <summary>
/// The hub's own traces. Between the stages there is only the database, so a row carries the <c>traceparent</c> of what brought it
/// about, and who takes rows up begins a trace that is linked to theirs. Where nobody listens nothing is made.
/// </summary>
internal static class HubTraces
{
    public const string SourceName = "NotificationHub";

    /// <summary>A pass takes up a thousand rows; a trace is linked to this many of what brought them about, at most.</summary>
    public const int MaxLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    public static bool AreOn => Source.HasListeners();

    /// <summary>Begins a trace.</summary>
    /// <param name="traceparents">Of what is taken up, as it was stored.</param>
    public static Activity? Begin(string name, ActivityKind kind, IEnumerable<string?> traceparents)
    {
        if (!AreOn)
        {
            return null;
        }

        // Whoever started the worker, or the test, is not what this is about.
        Activity.Current = null;
        return Start(name, kind, traceparents);
    }

    /// <summary>Begins a part of the trace that is under way, if one is.</summary>
    /// <param name="traceparents">As for <see cref="Begin"/>.</param>
    public static Activity? Continue(string name, ActivityKind kind, IEnumerable<string?> traceparents) =>
        AreOn ? Start(name, kind, traceparents) : null;

    /// <summary>Says between which rows of a log it moves, and over how many.</summary>
    public static void Cover(this Activity? trace, int rows, long first, long last) =>
        trace
            ?.SetTag("notificationhub.rows", rows)
            .SetTag("notificationhub.seq.first", first)
            .SetTag("notificationhub.seq.last", last);

    /// <param name="kind">A word for what went wrong: a message could hold anything.</param>
    public static void Fail(this Activity? trace, string kind) =>
        trace?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", kind);

    /// <summary>Adds links to a trace that has started.</summary>
    public static void AddLinks(this Activity? trace, IEnumerable<string?> traceparents)
    {
        if (trace is { IsAllDataRequested: true })
        {
            var missing = LinksTo(traceparents)
                .Where(link => !trace.Links.Contains(link))
                .Take(MaxLinks - trace.Links.Count());
            foreach (var link in missing.ToList())
            {
                trace.AddLink(link);
            }
        }
    }

    private static Activity? Start(string name, ActivityKind kind, IEnumerable<string?> traceparents) =>
        Source.StartActivity(name, kind, default(ActivityContext), tags: null, LinksTo(traceparents));

    // A link to what was not recorded leads nowhere.
    private static List<ActivityLink> LinksTo(IEnumerable<string?> traceparents) =>
        [
            .. traceparents
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Select(text =>
                    ActivityContext.TryParse(text, null, isRemote: true, out var context) ? context : default
                )
                .Where(context => context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
                .Take(MaxLinks)
                .Select(context => new ActivityLink(context)),
        ];
}
