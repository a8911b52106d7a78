using System.Diagnostics.Metrics;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Routing;

internal sealed class RoutingMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> delay = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.routing.delay",
            "s",
            "Time from a notification's receipt to the commit of its events.",
            tags: null,
            DelayBuckets.Advice
        );

    /// <summary>Records the delay of the page's notifications from index <paramref name="first"/> to <c>seq</c> <paramref name="upTo"/>.</summary>
    /// <returns>The number of these notifications.</returns>
    public int Routed(IReadOnlyList<NotificationEntry> page, int first, long upTo, TimeProvider time)
    {
        var now = time.GetStoredUtcNow();
        var next = first;
        while (next < page.Count && page[next].Seq <= upTo)
        {
            delay.Record(DelayBuckets.Seconds(page[next].ReceivedAt, now));
            next++;
        }

        return next - first;
    }
}
