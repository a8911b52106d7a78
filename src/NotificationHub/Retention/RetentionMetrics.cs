using System.Diagnostics.Metrics;

namespace NotificationHub.Retention;

internal static class RetentionMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> Removed = Meter.CreateCounter<long>(
        "notificationhub.retention.deleted",
        "{row}",
        "Rows that were old enough to go, by what they are."
    );

    private static readonly Gauge<double> OldestAge = Meter.CreateGauge<double>(
        "notificationhub.retention.oldest_age",
        "s",
        "Age of the row that a log begins with, by the log."
    );

    public static void CountRemoved(string what, int rows)
    {
        if (rows > 0)
        {
            Removed.Add(rows, new KeyValuePair<string, object?>("log", what));
        }
    }

    public static void NoteOldest(string log, double seconds) =>
        OldestAge.Record(seconds, new KeyValuePair<string, object?>("log", log));
}
