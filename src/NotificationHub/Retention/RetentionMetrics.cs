using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Retention;

internal sealed class RetentionMetrics(IMeterFactory meters)
{
    private readonly Counter<long> deleted = meters.CreateCounter(
        "notificationhub.retention.deleted",
        "{row}",
        "Rows deleted by age, by log."
    );

    private readonly Gauge<double> oldestAge = meters.CreateGauge<double>(
        "notificationhub.retention.oldest_age",
        "s",
        "Age of the oldest row, by log."
    );

    public void CountDeleted(string log, int rows)
    {
        if (rows > 0)
        {
            deleted.Add(rows, new KeyValuePair<string, object?>("log", log));
        }
    }

    public void RecordOldest(string log, double seconds) =>
        oldestAge.Record(seconds, new KeyValuePair<string, object?>("log", log));
}
