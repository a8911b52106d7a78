using System.Diagnostics;

namespace NotificationHub.Benchmarks.Load;

/// <summary>The result of a run.</summary>
internal sealed record LoadResult(
    long Deliveries,
    double Seconds,
    double P50Milliseconds,
    double P99Milliseconds,
    long Failed
)
{
    public static LoadResult None { get; } = new(0, 0, 0, 0, 0);

    public double PerSecond => Deliveries / Seconds;

    /// <summary>CPU time of the server's process, which depends less on other processes.</summary>
    public TimeSpan ServerProcessorTime { get; init; }

    public double ProcessorMicrosecondsPerDelivery => ServerProcessorTime.TotalMicroseconds / Deliveries;

    /// <summary>Bytes that the server's process allocated on the managed heap.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Bytes that the server's process wrote to files; 0 except on Linux.</summary>
    public long WrittenBytes { get; init; }
}

/// <summary>Sends deliveries over several connections, as fast as possible or at a given pace.</summary>
/// <param name="token">The location's notification secret.</param>
/// <param name="next">The number in the next notification ID.</param>
/// <param name="assignments">Assignments in each notification.</param>
internal sealed class LoadRun(Uri url, string token, Func<long> next, int assignments)
{
    private readonly DeliveryTemplate template = new(url, token, assignments);

    /// <param name="connections">Number of parallel connections.</param>
    /// <param name="deliveriesPerSecond">The pace of all connections together; null for full speed.</param>
    public async Task<LoadResult> RunAsync(int connections, double seconds, double? deliveriesPerSecond = null)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(seconds * Stopwatch.Frequency);
        var interval = deliveriesPerSecond is { } rate ? connections / rate : (double?)null;
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, connections)
                .Select(index => Task.Run(() => SendUntilAsync(end, interval, index / (double)connections)))
        );
        var latencies = results.SelectMany(result => result.Latencies).ToArray();
        Array.Sort(latencies);
        return new LoadResult(
            latencies.Length,
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            Percentile(latencies, 0.50),
            Percentile(latencies, 0.99),
            results.Sum(result => result.Failed)
        );
    }

    private async Task<(List<long> Latencies, long Failed)> SendUntilAsync(long end, double? interval, double phase)
    {
        using var connection = new LoadConnection();
        await connection.ConnectAsync(url, CancellationToken.None);
        var request = template.NewRequest();
        List<long> latencies = [];
        var failed = 0L;
        var due = Stopwatch.GetTimestamp() + (long)((interval ?? 0) * phase * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            if (interval is { } pace)
            {
                await WaitUntilAsync(due);
                due += (long)(pace * Stopwatch.Frequency);
            }

            template.Number(request, next());
            var started = Stopwatch.GetTimestamp();
            if (await connection.PostAsync(request) == 200)
            {
                latencies.Add(Stopwatch.GetTimestamp() - started);
            }
            else
            {
                failed++;
            }
        }

        return (latencies, failed);
    }

    private static async Task WaitUntilAsync(long due)
    {
        var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (wait > TimeSpan.FromMilliseconds(1))
        {
            await Task.Delay(wait);
        }
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)((sorted.Length - 1) * share)] * 1000.0 / Stopwatch.Frequency;
}

// Unique over all runs of the program: a repeated ID would be a duplicate, and cheaper.
internal sealed class Numbers(long first = 1)
{
    private long last = first - 1;

    public long Last => Interlocked.Read(ref last);

    public long Next() => Interlocked.Increment(ref last);
}
