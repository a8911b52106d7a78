using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>A hub on a store that may hold much, with its local Service Bus; warmed up, and with nothing left to route or to publish.</summary>
internal sealed class HubUnderLoad : IAsyncDisposable
{
    private const int Assignments = 3;
    private const string Always = "3650.00:00:00";
    private const string NotAtAll = "00:00:00";

    private readonly GrowthOptions options;
    private readonly ServerProcess bus;
    private readonly ServerProcess hub;

    private HubUnderLoad(GrowthOptions options, StorePlace place, ServerProcess bus, ServerProcess hub)
    {
        this.options = options;
        this.bus = bus;
        this.hub = hub;
        Place = place;
    }

    public StorePlace Place { get; }

    public TimeSpan ProcessorTime => hub.ProcessorTime;

    public static async Task<HubUnderLoad> StartAsync(GrowthOptions options, StorePlace place)
    {
        var bus = await ServerProcess.StartAsync("bus");
        var hub = await ServerProcess.StartHubAsync(
            place,
            bus.FirstLine,
            // Warnings tell of events that are 40 days old, and of a hub that nobody has set up.
            "--Logging:LogLevel:Default=Error",
            $"--Retention:Events={Always}",
            $"--Retention:Notifications={Always}"
        );
        return new HubUnderLoad(options, place, bus, hub);
    }

    public async Task WarmUpAsync(Func<long> next)
    {
        await NewLoad(next).RunAsync(options.Connections, options.WarmUpSeconds);
        await DrainAsync();
    }

    /// <summary>Posts for a while, and counts what the hub's process used meanwhile.</summary>
    public async Task<LoadResult> MeasureAsync(Func<long> next)
    {
        var before = hub.ProcessorTime;
        var result = await NewLoad(next).RunAsync(options.Connections, options.Seconds);
        return result with { ServerProcessorTime = hub.ProcessorTime - before };
    }

    /// <summary>From now on whatever is routed and published is old enough to go.</summary>
    public Task StartRetentionAsync() => hub.AskAsync($"keep {NotAtAll}");

    public Task StopRetentionAsync() => hub.AskAsync($"keep {Always}");

    /// <summary>Waits until retention has taken so many notifications off the log's beginning, or all that it can.</summary>
    /// <returns>The first notification when the wait began, and when it ended.</returns>
    public async Task<(long Before, long After)> WaitUntilRemovedAsync(long count)
    {
        var before = await ReadAsync();
        var after = await HubProgress.WaitUntilAsync(
            Place,
            progress => progress.FirstPost - before.FirstPost >= count || progress.FirstPost > before.Posts
        );
        return (before.FirstPost, after.FirstPost);
    }

    public Task<TimeSpan> DrainAsync() => HubProgress.DrainAsync(Place);

    public Task<HubProgress> ReadAsync() => HubProgress.ReadAsync(Place);

    public async ValueTask DisposeAsync()
    {
        await hub.StopAsync();
        hub.Dispose();
        bus.Dispose();
    }

    private LoadRun NewLoad(Func<long> next) =>
        new(new Uri(hub.FirstLine + HubServer.Path), Comparison.Token, next, Assignments);
}
