using System.Diagnostics;
using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Storage;

/// <summary>How the write lane fares, on whichever engine.</summary>
internal sealed class StorageMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> commitDuration = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.storage.commit.duration",
            "s",
            "How long a transaction of the write lane took, from its begin to its commit.",
            tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
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
                ],
            }
        );

    /// <param name="begun">The <see cref="Stopwatch"/>'s reading at the begin.</param>
    public void Committed(long begun) =>
        AfterCommit.Run(() => commitDuration.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds));

    public void ObserveQueue(Func<(int Posts, int Jobs)> read) =>
        meters
            .CreateHubMeter()
            .CreateObservableGauge<int>(
                "notificationhub.storage.write_queue.length",
                () =>
                {
                    var (posts, jobs) = read();
                    return
                    [
                        new(posts, KeyValuePair.Create<string, object?>("kind", "posts")),
                        new(jobs, KeyValuePair.Create<string, object?>("kind", "stages")),
                    ];
                },
                "{write}",
                "Posts, and transactions of the stages, that wait for the write lane."
            );

    public void ObserveWriteAheadLog(Func<long> readPages) =>
        meters
            .CreateHubMeter()
            .CreateObservableGauge(
                "notificationhub.storage.wal.pages",
                readPages,
                "{page}",
                "Pages in SQLite's write-ahead log that are not in the database file yet."
            );
}
