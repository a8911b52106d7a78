using System.Diagnostics.Metrics;

namespace NotificationHub.Retention;

internal static class RetentionMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> Deleted = Meter.CreateCounter<long>(
        "notificationhub.retention.deleted",
        "{row}",
        "Rows deleted because of their age, by log."
    );

    private static readonly Gauge<double> OldestAge = Meter.CreateGauge<double>(
        "notificationhub.retention.oldest_age",
        "s",
        "Age of the oldest row, by log."
    );

    public static void CountDeleted(string log, int rows)
    {
        if (rows > 0)
        {
            Deleted.Add(rows, new KeyValuePair<string, object?>("log", log));
        }
    }

    public static void RecordOldest(string log, double seconds) =>
        OldestAge.Record(seconds, new KeyValuePair<string, object?>("log", log));
}
