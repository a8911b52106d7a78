using System.Diagnostics;
using NotificationHub.Refetch.Planning;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch.Reading;

/// <summary>The trace of one read, linked to those of what asked for it. It says the kind of record and never which.</summary>
internal static class ReadTrace
{
    public static Activity? Begin(RefetchStep step)
    {
        var name = $"refetch {step.Read.Kind.Name}";
        var asking = step.Targets.Select(target => target.Traceparent);
        // A read that nothing waits for is part of another.
        var trace =
            step.Targets.Count == 0
                ? HubTraces.Continue(name, ActivityKind.Internal, asking)
                : HubTraces.Begin(name, ActivityKind.Internal, asking);
        return trace?.SetTag("notificationhub.targets", step.Targets.Count);
    }

    /// <summary>
    /// The <c>traceparent</c> for the events that come of it: that of the one post that asked. Where several did it is the read's own, which
    /// leads to all of theirs.
    /// </summary>
    public static string? ToTell(RefetchStep step, Activity? trace) =>
        step.Targets.Select(target => target.Traceparent).Distinct(StringComparer.Ordinal).ToList() switch
        {
            [var one] => one,
            _ => trace is { Recorded: true } ? trace.Id : null,
        };
}
