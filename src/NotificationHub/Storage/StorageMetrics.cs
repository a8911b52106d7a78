using System.Diagnostics;
using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Storage;

internal sealed class StorageMetrics(IMeterFactory meters)
{
    private static readonly double[] Buckets =
    [
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
    ];

    private readonly Histogram<double> commitDuration = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.storage.commit.duration",
            "s",
            "Duration of a write transaction, including its commit.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets }
        );

    public void Committed(long startedAt) =>
        AfterCommit.Run(() => commitDuration.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds));

    public void ObserveQueue(Func<(int Notifications, int Requests)> read) =>
        meters
            .CreateHubMeter()
            .CreateObservableGauge<int>(
                "notificationhub.storage.write_queue.length",
                () =>
                {
                    var (notifications, requests) = read();
                    return
                    [
                        new(notifications, KeyValuePair.Create<string, object?>("kind", "notifications")),
                        new(requests, KeyValuePair.Create<string, object?>("kind", "stages")),
                    ];
                },
                "{write}",
                "Queued writes, by kind."
            );

    public void ObserveWriteAheadLog(Func<long> readPages) =>
        meters
            .CreateHubMeter()
            .CreateObservableGauge(
                "notificationhub.storage.wal.pages",
                readPages,
                "{page}",
                "Pages in SQLite's write-ahead log that are not yet in the database."
            );
}

/// <summary>The buckets of delay histograms: from milliseconds to a day, after a long outage.</summary>
internal static class DelayBuckets
{
    private static readonly double[] Buckets =
    [
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        5,
        10,
        30,
        60,
        300,
        900,
        3600,
        21600,
        86400,
    ];

    public static InstrumentAdvice<double> Advice { get; } = new() { HistogramBucketBoundaries = Buckets };

    /// <summary>The seconds between two times, which may be from different clocks.</summary>
    public static double Seconds(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (to - from).TotalSeconds);
}
