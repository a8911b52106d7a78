using System.Diagnostics.Metrics;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal static class RoutingMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Histogram<double> Delay = Meter.CreateHistogram(
        "notificationhub.routing.delay",
        "s",
        "From the receipt of a notification to the commit of its events.",
        tags: null,
        DelayBuckets.Advice
    );

    /// <summary>Records the delay of the page's notifications from index <paramref name="first"/> to <c>seq</c> <paramref name="upTo"/>.</summary>
    /// <returns>The number of these notifications.</returns>
    public static int Routed(IReadOnlyList<NotificationEntry> page, int first, long upTo, TimeProvider time)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var next = first;
        while (next < page.Count && page[next].Seq <= upTo)
        {
            Delay.Record(DelayBuckets.Seconds(page[next].ReceivedAt, now));
            next++;
        }

        return next - first;
    }
}
