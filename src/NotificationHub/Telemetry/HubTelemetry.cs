using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NotificationHub.Telemetry;

/// <summary>
/// The hub's own traces. Stages communicate through the database, so each row stores its <c>traceparent</c>, and a pass over rows starts a
/// trace with links to them.
/// </summary>
internal static class HubTraces
{
    public const string SourceName = "NotificationHub";

    /// <summary>The maximum number of links of a trace; a pass processes up to a thousand rows.</summary>
    public const int MaxLinks = 32;

    private static readonly ActivitySource Source = new(SourceName);

    public static bool AreOn => Source.HasListeners();

    public static Activity? Begin(string name, ActivityKind kind, IEnumerable<string?> traceparents)
    {
        if (!AreOn)
        {
            return null;
        }

        // The activity that started the worker or the test is not the parent.
        Activity.Current = null;
        return Start(name, kind, traceparents);
    }

    /// <summary>Starts a span in the current trace, or a new trace without one.</summary>
    public static Activity? Continue(string name, ActivityKind kind, IEnumerable<string?> traceparents) =>
        AreOn ? Start(name, kind, traceparents) : null;

    public static void Cover(this Activity? trace, int rows, long first, long last) =>
        trace
            ?.SetTag("notificationhub.rows", rows)
            .SetTag("notificationhub.seq.first", first)
            .SetTag("notificationhub.seq.last", last);

    /// <param name="kind">The kind of error. Not its message, which could contain personal data.</param>
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

    // A link to an unrecorded trace leads nowhere.
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

internal static class HubMeter
{
    public const string Name = "NotificationHub";

    /// <summary>The hub's meter, which the factory creates once.</summary>
    public static Meter CreateHubMeter(this IMeterFactory meters) => meters.Create(Name);

    public static Counter<long> CreateCounter(this IMeterFactory meters, string name, string unit, string text) =>
        meters.CreateHubMeter().CreateCounter<long>(name, unit, text);

    public static Gauge<T> CreateGauge<T>(this IMeterFactory meters, string name, string unit, string text)
        where T : struct => meters.CreateHubMeter().CreateGauge<T>(name, unit, text);
}
