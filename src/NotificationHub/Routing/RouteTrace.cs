using System.Diagnostics;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Routing;

/// <summary>The trace of a pass, linked to those of the posts that it routes.</summary>
internal static class RouteTrace
{
    public static Activity? Begin(IReadOnlyList<NotificationEntry> page)
    {
        var trace = HubTraces.Begin("route", ActivityKind.Internal, page.Select(entry => entry.Traceparent));
        trace.Cover(page.Count, page[0].Seq, page[^1].Seq);
        return trace;
    }
}
