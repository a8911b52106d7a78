using System.Diagnostics;
using NotificationHub.Refetch.Planning;
using NotificationHub.Telemetry;

namespace NotificationHub.Refetch.Reading;

/// <summary>The trace of one read, linked to the traces of its requests. It names the kind of record, but no record.</summary>
internal static class ReadTrace
{
    public static Activity? Start(RefetchStep step)
    {
        var name = $"refetch {step.Read.Kind.Name}";
        var requests = step.Targets.Select(target => target.Traceparent);
        // A read without targets is part of another read.
        var trace =
            step.Targets.Count == 0
                ? HubTraces.Continue(name, ActivityKind.Internal, requests)
                : HubTraces.Begin(name, ActivityKind.Internal, requests);
        return trace?.SetTag("notificationhub.targets", step.Targets.Count);
    }

    /// <summary>The <c>traceparent</c> for the events: of the only request, or of the read, which links to all requests.</summary>
    public static string? GetTraceparent(RefetchStep step, Activity? trace) =>
        step.Targets.Select(target => target.Traceparent).Distinct(StringComparer.Ordinal).ToList() switch
        {
            [var one] => one,
            _ => trace is { Recorded: true } ? trace.Id : null,
        };
}
