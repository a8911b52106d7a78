using System.Diagnostics.Metrics;

namespace NotificationHub.Storage;

/// <summary>What the histograms of delays have in common: milliseconds while all is well, days after a long fault.</summary>
internal static class DelayBuckets
{
    public static InstrumentAdvice<double> Advice { get; } =
        new()
        {
            HistogramBucketBoundaries =
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
            ],
        };

    /// <summary>Between two clocks' Unix milliseconds, which need not agree.</summary>
    public static double Seconds(long from, long to) => Math.Max(0, to - from) / 1000.0;
}
