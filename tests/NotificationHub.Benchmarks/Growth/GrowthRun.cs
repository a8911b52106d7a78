using System.Diagnostics;
using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>Fills a log for each size, then measures them in turn, round after round, so that a machine that grows slower grows slower for all.</summary>
internal sealed class GrowthRun(GrowthOptions options, GrowthGround ground)
{
    // Behind every number that a filled log holds.
    private const long FirstNewNumber = 100_000_000_000;

    // Retention takes out no more while it is measured; what a log of size 0 holds then.
    private const long RemovableForEach = 4;

    private static readonly TimeSpan Always = TimeSpan.FromDays(3650);
    private static readonly TimeSpan UntilOld = TimeSpan.FromDays(20);

    private readonly Numbers numbers = new(FirstNewNumber);
    private readonly Random random = new(1);

    public static long Removable(GrowthOptions options) => options.Remove * RemovableForEach;

    public async Task<GrowthReport> RunAsync()
    {
        var report = new GrowthReport(ground.Engine);
        if (options.Cost > 0)
        {
            report.Cost = await MeasureCostAsync();
        }

        Dictionary<long, StorePlace> filled = [];
        foreach (var size in options.Sizes.Where(size => size > 0))
        {
            await SayAsync($"fills a log with {size:N0}");
            filled.Add(size, await ground.CreateAsync(size, routed: true));
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var size in options.Sizes)
            {
                var sample = await MeasureAsync(size, round, filled.GetValueOrDefault(size));
                report.Add(sample);
                await SayAsync(
                    $"round {round} of {options.Rounds}, {size:N0}: {sample.New.PerSecond:N0} new posts/s, {sample.Repeats.PerSecond:N0} repeats/s, {sample.NewWhileRemoving.PerSecond:N0} new posts/s while {sample.RemovedPerSecondUnderLoad:N0}/s are removed, {sample.RemovedPerSecondAlone:N0}/s removed alone"
                );
            }
        }

        return report;
    }

    private async Task<GrowthSample> MeasureAsync(long size, int round, StorePlace? filled)
    {
        var place = filled ?? await ground.CreateAsync(0, routed: true);
        var sample = await MeasurePostsAsync(new GrowthSample { Size = size, Round = round }, place);
        if (filled is null)
        {
            await ground.DeleteAsync(place);
            place = await ground.CreateAsync(Removable(options), routed: true);
        }

        sample = await MeasureRetentionAsync(sample, place);
        if (filled is null)
        {
            await ground.DeleteAsync(place);
        }

        return sample;
    }

    private async Task<GrowthSample> MeasurePostsAsync(GrowthSample sample, StorePlace place)
    {
        await using var hub = await HubUnderLoad.StartAsync(options, place, Always);
        var firstNew = numbers.Last + 1;
        await hub.WarmUpAsync(numbers.Next);
        var posts = await hub.MeasureAsync(numbers.Next);
        await hub.DrainAsync();
        var before = await hub.ReadAsync();
        var repeats = await hub.MeasureAsync(
            sample.Size > 0
                ? () => Pick((sample.Size / 2) + 1, sample.Size)
                : () => Pick(firstNew, firstNew + before.Posts - 1)
        );
        var after = await hub.ReadAsync();
        return sample with { New = posts, Repeats = repeats, NotRecognized = after.Posts - before.Posts };
    }

    private async Task<GrowthSample> MeasureRetentionAsync(GrowthSample sample, StorePlace place)
    {
        await using var hub = await HubUnderLoad.StartAsync(options, place, UntilOld);
        await hub.WarmUpAsync(numbers.Next);
        var before = await hub.ReadAsync();
        var posts = await hub.MeasureAsync(numbers.Next);
        var after = await hub.ReadAsync();
        await hub.DrainAsync();

        var processor = hub.ProcessorTime;
        var start = Stopwatch.GetTimestamp();
        var first = (await hub.ReadAsync()).FirstPost;
        var alone = await HubProgress.WaitUntilAsync(place, progress => progress.FirstPost >= first + options.Remove);
        return sample with
        {
            NewWhileRemoving = posts,
            RemovedUnderLoad = after.FirstPost - before.FirstPost,
            RemovedAlone = alone.FirstPost - first,
            SecondsAlone = Stopwatch.GetElapsedTime(start).TotalSeconds,
            ProcessorTimeAlone = hub.ProcessorTime - processor,
        };
    }

    private async Task<GrowthCost> MeasureCostAsync()
    {
        await SayAsync($"finds out what {options.Cost:N0} cost");
        var place = await ground.CreateAsync(options.Cost, routed: false);
        double routed;
        double published;
        TimeSpan processor;
        await using (var hub = await HubUnderLoad.StartAsync(options, place, Always))
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
