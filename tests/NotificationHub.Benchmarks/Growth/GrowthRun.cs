using System.Diagnostics;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>
/// Fills a log for each size and starts a hub on each. Then all take turns of seconds, round after round: whatever else the machine does
/// meanwhile it does to all of them alike.
/// </summary>
internal sealed class GrowthRun(GrowthOptions options, GrowthGround ground)
{
    // Behind every number that a filled log holds.
    private const long FirstNewNumber = 100_000_000_000;

    private readonly Numbers numbers = new(FirstNewNumber);
    private readonly Random random = new(1);

    public async Task<GrowthReport> RunAsync()
    {
        var report = new GrowthReport(ground.Engine);
        if (options.Cost > 0)
        {
            report.Cost = await MeasureCostAsync();
        }

        List<(long Size, HubUnderLoad Hub)> hubs = [];
        try
        {
            foreach (var size in options.Sizes)
            {
                await SayAsync($"fills a log with {size:N0}, and warms up a hub");
                var place = await ground.CreateAsync(size, routed: true);
                await GrowthGround.ReadIndexAsync(place);
                hubs.Add((size, await HubUnderLoad.StartAsync(options, place)));
                await hubs[^1].Hub.WarmUpAsync(numbers.Next);
            }

            for (var round = 1; round <= options.Rounds; round++)
            {
                await SayAsync($"round {round} of {options.Rounds}");
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
            samples[index] = await MeasurePostsAsync(samples[index], hubs[index].Hub);
        }

        for (var index = 0; index < hubs.Count; index++)
        {
            samples[index] = await MeasureRepeatsAsync(samples[index], hubs[index].Hub);
        }

        for (var index = 0; index < hubs.Count; index++)
        {
            samples[index] = await MeasureRetentionAsync(samples[index], hubs[index].Hub);
        }

        samples.ForEach(report.Add);
    }

    private async Task<GrowthSample> MeasurePostsAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var first = numbers.Last + 1;
        var posts = await hub.MeasureAsync(numbers.Next);
        await hub.DrainAsync();
        return sample with { New = posts, FirstNumber = first, LastNumber = numbers.Last };
    }

    private async Task<GrowthSample> MeasureRepeatsAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var before = await hub.ReadAsync();
        // Retention has not come to the younger half.
        var repeats = await hub.MeasureAsync(
            sample.Size > 0
                ? () => Pick((sample.Size / 2) + 1, sample.Size)
                : () => Pick(sample.FirstNumber, sample.LastNumber)
        );
        var after = await hub.ReadAsync();
        return sample with { Repeats = repeats, NotRecognized = after.Posts - before.Posts };
    }

    private async Task<GrowthSample> MeasureRetentionAsync(GrowthSample sample, HubUnderLoad hub)
    {
        var before = await hub.ReadAsync();
        await hub.StartRetentionAsync();
        var posts = await hub.MeasureAsync(numbers.Next);
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
            NewWhileRemoving = posts,
            RemovedUnderLoad = after.FirstPost - before.FirstPost,
            RemovedAlone = last - first,
            SecondsAlone = seconds,
            ProcessorTimeAlone = processor,
        };
    }

    private async Task<GrowthCost> MeasureCostAsync()
    {
        await SayAsync($"finds out what {options.Cost:N0} cost");
        var place = await ground.CreateAsync(options.Cost, routed: false);
        double routed;
        double published;
        TimeSpan processor;
        await using (var hub = await HubUnderLoad.StartAsync(options, place))
        {
            var start = Stopwatch.GetTimestamp();
            await HubProgress.WaitUntilAsync(place, progress => progress.Routed == options.Cost);
            routed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await hub.DrainAsync();
            published = Stopwatch.GetElapsedTime(start).TotalSeconds;
            processor = hub.ProcessorTime;
        }

        var stored = await ground.MeasureBytesAsync(place);
        await ground.DeleteAsync(place);
        return new GrowthCost(options.Cost, stored, routed, published, processor);
    }

    // The load's connections share it.
    private long Pick(long first, long last)
    {
        lock (random)
        {
            return random.NextInt64(first, last + 1);
        }
    }

    private Task SayAsync(FormattableString text) =>
        Console.Error.WriteLineAsync($"{ground.Engine}: {FormattableString.Invariant(text)}");
}
