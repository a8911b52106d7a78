using System.Diagnostics;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>
/// Fills a log for each size and starts a hub on each. The hubs then alternate every few seconds, so
/// that other load on the machine affects all of them.
/// </summary>
internal sealed class GrowthRun(GrowthOptions options, GrowthEngine engine)
{
    private const int MaxRepeated = 500_000;

    // Above every number in a filled log.
    private const long FirstNewNumber = 100_000_000_000;

    private readonly Numbers numbers = new(FirstNewNumber);
    private readonly Random random = new(1);

    public async Task<GrowthReport> RunAsync()
    {
        var report = new GrowthReport(engine.Engine);
        if (options.Cost > 0)
        {
            report.Cost = await MeasureCostAsync();
        }

        List<(long Size, HubUnderLoad Hub)> hubs = [];
        try
        {
            foreach (var size in options.Sizes)
            {
                await PrintAsync($"filling a log with {size:N0} notifications and warming up a hub");
                var store = await engine.CreateAsync(size, routed: true);
                await GrowthEngine.ReadIndexAsync(store);
                var started = Stopwatch.GetTimestamp();
                hubs.Add((size, await HubUnderLoad.StartAsync(options, store)));
                await PrintAsync($"  the hub started in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
                await hubs[^1].Hub.WarmUpAsync(numbers.Next);
            }

            for (var round = 1; round <= options.Rounds; round++)
            {
                await PrintAsync($"round {round} of {options.Rounds}");
                await MeasureRoundAsync(report, hubs, round);
            }
        }
        finally
        {
            foreach (var (_, hub) in hubs)
            {
                await hub.DisposeAsync();
            }
        }

        return report;
    }

    private async Task MeasureRoundAsync(GrowthReport report, List<(long Size, HubUnderLoad Hub)> hubs, int round)
    {
        var samples = hubs.ConvertAll(hub => new GrowthSample { Size = hub.Size, Round = round });
        for (var index = 0; index < hubs.Count; index++)
        {
            samples[index] = await MeasureNewAsync(samples[index], hubs[index].Hub);
        }

        for (var index = 0; index < hubs.Count; index++)
        {
            samples[index] = await MeasureDuplicatesAsync(samples[index], hubs[index].Hub);
        }

        for (var index = 0; index < hubs.Count; index++)
        {
            samples[index] = await MeasureRetentionAsync(samples[index], hubs[index].Hub);
        }

        samples.ForEach(report.Add);
    }

    private async Task<GrowthSample> MeasureNewAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var first = numbers.Last + 1;
        var deliveries = await hub.MeasureAsync(numbers.Next);
        await hub.DrainAsync();
        return sample with { New = deliveries, FirstNumber = first, LastNumber = numbers.Last };
    }

    private async Task<GrowthSample> MeasureDuplicatesAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var before = await hub.ReadAsync();
        // Retention has not reached them, and they are within SQLite's deduplication window.
        var duplicates = await hub.MeasureAsync(
            sample.Size > 0
                ? () => Pick(sample.Size - Math.Min(sample.Size / 2, MaxRepeated) + 1, sample.Size)
                : () => Pick(sample.FirstNumber, sample.LastNumber)
        );
        var after = await hub.ReadAsync();
        return sample with { Duplicates = duplicates, NotRecognized = after.Stored - before.Stored };
    }

    private async Task<GrowthSample> MeasureRetentionAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var before = await hub.ReadAsync();
        await hub.StartRetentionAsync();
        var deliveries = await hub.MeasureAsync(numbers.Next);
        var after = await hub.ReadAsync();
        await hub.DrainAsync();

        var processor = hub.ProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var (first, last) = await hub.WaitUntilRemovedAsync(options.Remove);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        processor = hub.ProcessorTime - processor;
        if (sample.Size == 0)
        {
            await hub.WaitUntilRemovedAsync(long.MaxValue);
        }

        await hub.StopRetentionAsync();
        return sample with
        {
            NewWhileRemoving = deliveries,
            RemovedUnderLoad = after.FirstStored - before.FirstStored,
            RemovedAlone = last - first,
            SecondsAlone = seconds,
            ProcessorTimeAlone = processor,
        };
    }

    private async Task<GrowthCost> MeasureCostAsync()
    {
        await PrintAsync($"measuring the cost of {options.Cost:N0} notifications");
        var store = await engine.CreateAsync(options.Cost, routed: false);
        double routed;
        double published;
        TimeSpan processor;
        await using (var hub = await HubUnderLoad.StartAsync(options, store))
        {
            var start = Stopwatch.GetTimestamp();
            await HubProgress.WaitUntilAsync(store, progress => progress.Routed == options.Cost);
            routed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await hub.DrainAsync();
            published = Stopwatch.GetElapsedTime(start).TotalSeconds;
            processor = hub.ProcessorTime;
        }

        var stored = await engine.MeasureBytesAsync(store);
        await engine.DeleteAsync(store);
        return new GrowthCost(options.Cost, stored, routed, published, processor);
    }

    // All connections of the load share it.
    private long Pick(long first, long last)
    {
        lock (random)
        {
            return random.NextInt64(first, last + 1);
        }
    }

    private Task PrintAsync(FormattableString text) =>
        Console.Error.WriteLineAsync($"{engine.Engine}: {FormattableString.Invariant(text)}");
}
