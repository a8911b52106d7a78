using System.Security.Cryptography;
using System.Text;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;
using Spectre.Console;
using static NotificationHub.Benchmarks.MarkdownTable;

namespace NotificationHub.Benchmarks.Reading;

/// <summary>Measures the intake without and with slow readers of the feed, round after round.</summary>
internal sealed class ReaderRun(ReaderOptions options)
{
    private const string Key = "benchmark-consumer";

    private readonly Numbers numbers = new();

    public async Task<Table> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("notificationhub-benchmark-").FullName;
        List<(int Readers, LoadResult Load)> results = [];
        try
        {
            for (var round = 1; round <= options.Rounds; round++)
            {
                foreach (var readers in (int[])[0, options.Readers])
                {
                    await Console.Error.WriteLineAsync($"{readers} readers, round {round} of {options.Rounds}");
                    var file = Path.Combine(folder, FormattableString.Invariant($"{round}-{readers}.db"));
                    results.Add((readers, await MeasureAsync(file, readers)));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return Report(results);
    }

    private async Task<LoadResult> MeasureAsync(string file, int readers)
    {
        using var bus = await ServerProcess.StartAsync("bus");
        using var hub = await ServerProcess.StartHubAsync(
            StoreSettings.File(file),
            bus.FirstLine,
            "--Auth:ApiKeys:0:Name=benchmark",
            $"--Auth:ApiKeys:0:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}"
        );
        var load = new LoadRun(new Uri(hub.FirstLine + HubServer.Path), Comparison.Token, numbers.Next, assignments: 3);
        using var ending = new CancellationTokenSource();
        Task[] reading =
        [
            .. Enumerable.Range(0, readers).Select(_ => ReadSlowlyAsync(new Uri(hub.FirstLine), ending.Token)),
        ];
        // The hub first fills the buffers of the connections as fast as it can.
        await load.RunAsync(options.Connections, options.WarmUpSeconds);
        var before = hub.ProcessorTime;
        var result = await load.RunAsync(options.Connections, options.Seconds);
        result = result with { ServerProcessorTime = hub.ProcessorTime - before };
        if (reading.FirstOrDefault(reader => reader.IsCompleted) is { } ended)
        {
            await ended;
            throw new InvalidOperationException("A reader ended before the measurement.");
        }

        await ending.CancelAsync();
        await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return result;
    }

    private static async Task ReadSlowlyAsync(Uri hub, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = hub };
        http.DefaultRequestHeaders.Add("X-Api-Key", Key);
        http.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        await using var events = await http.GetStreamAsync("/events?after=0", cancellationToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var buffer = new byte[8 * 1024];
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            _ = await events.ReadAtLeastAsync(buffer, 1, throwOnEndOfStream: true, cancellationToken);
        }
    }

    private static Table Report(List<(int Readers, LoadResult Load)> results)
    {
        var table = CreateTable(
            "slow readers",
            "deliveries/s",
            "p50 ms",
            "p99 ms",
            "hub CPU µs/delivery",
            "rate relative to none"
        );
        var none = Median(results, readers: 0, load => load.PerSecond);
        foreach (var readers in results.Select(result => result.Readers).Distinct())
        {
            table.AddRow(
                $"{readers}",
                Number(Median(results, readers, load => load.PerSecond), "N0"),
                Number(Median(results, readers, load => load.P50Milliseconds), "0.00"),
                Number(Median(results, readers, load => load.P99Milliseconds), "0.0"),
                Number(Median(results, readers, load => load.ProcessorMicrosecondsPerDelivery), "0.0"),
                Ratio(Median(results, readers, load => load.PerSecond) / none)
            );
        }

        return table;
    }

    private static double Median(
        List<(int Readers, LoadResult Load)> results,
        int readers,
        Func<LoadResult, double> value
    ) => MarkdownTable.Median(results.Where(result => result.Readers == readers).Select(result => value(result.Load)));
}
