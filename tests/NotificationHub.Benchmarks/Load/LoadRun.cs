using System.Diagnostics;

namespace NotificationHub.Benchmarks.Load;

/// <summary>What a run came to.</summary>
internal sealed record LoadResult(
    long Posts,
    double Seconds,
    double P50Milliseconds,
    double P99Milliseconds,
    long Failed
)
{
    public static LoadResult None { get; } = new(0, 0, 0, 0, 0);

    public double PerSecond => Posts / Seconds;

    /// <summary>What the server's process used while it ran: less at the mercy of whoever else uses the machine.</summary>
    public TimeSpan ServerProcessorTime { get; init; }

    public double ProcessorMicrosecondsPerPost => ServerProcessorTime.TotalMicroseconds / Posts;
}

/// <summary>Posts over a number of connections for a while, as fast as the answers come or at a given pace.</summary>
/// <param name="url">Where to.</param>
/// <param name="token">The location's secret.</param>
/// <param name="next">The number that a post's id is made of.</param>
/// <param name="assignments">How many a post tells of.</param>
internal sealed class LoadRun(Uri url, string token, Func<long> next, int assignments)
{
    private readonly PostTemplate template = new(url, token, assignments);

    /// <param name="connections">How many posts are under way at once.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="postsPerSecond">The pace of all connections together; null for as fast as it goes.</param>
    public async Task<LoadResult> RunAsync(int connections, double seconds, double? postsPerSecond = null)
    {
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(seconds * Stopwatch.Frequency);
        var interval = postsPerSecond is { } rate ? connections / rate : (double?)null;
        var results = await Task.WhenAll(
            Enumerable
                .Range(0, connections)
                .Select(index => Task.Run(() => PostUntilAsync(end, interval, index / (double)connections)))
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

    private async Task<(List<long> Latencies, long Failed)> PostUntilAsync(long end, double? interval, double phase)
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

/// <summary>Unique over all runs of the program: a repeated id would be a duplicate, and cheaper.</summary>
internal sealed class Numbers(long first = 1)
{
    private long last = first - 1;

    public long Last => Interlocked.Read(ref last);

    public long Next() => Interlocked.Increment(ref last);
}
