using System.Diagnostics.Metrics;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal static class RoutingMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Histogram<double> Delay = Meter.CreateHistogram(
        "notificationhub.routing.delay",
        "s",
        "From the receipt of a post to the commit of what came of it.",
        tags: null,
        DelayBuckets.Advice
    );

    /// <summary>Measures the rows of the page from <paramref name="first"/> on that were committed.</summary>
    /// <param name="upTo">The <c>seq</c> of the last of them.</param>
    /// <returns>How many they are.</returns>
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
