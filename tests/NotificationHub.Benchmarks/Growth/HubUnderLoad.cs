using NotificationHub.Benchmarks.Load;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>A warmed-up hub on a store of any size, without a backlog, with its local Service Bus.</summary>
internal sealed class HubUnderLoad : IAsyncDisposable
{
    private const int Assignments = 3;
    private const string Always = "3650.00:00:00";
    private const string NotAtAll = "00:00:00";

    private readonly GrowthOptions options;
    private readonly ServerProcess bus;
    private readonly ServerProcess hub;

    private HubUnderLoad(GrowthOptions options, StoreSettings store, ServerProcess bus, ServerProcess hub)
    {
        this.options = options;
        this.bus = bus;
        this.hub = hub;
        Store = store;
    }

    public StoreSettings Store { get; }

    public TimeSpan ProcessorTime => hub.ProcessorTime;

    public static async Task<HubUnderLoad> StartAsync(GrowthOptions options, StoreSettings store)
    {
        var bus = await ServerProcess.StartAsync("bus");
        var hub = await ServerProcess.StartHubAsync(
            store,
            bus.FirstLine,
            // Warnings would report events that are 40 days old and a hub that is not configured.
            "--Logging:LogLevel:Default=Error",
            $"--Retention:Events={Always}",
            $"--Retention:Notifications={Always}"
        );
        return new HubUnderLoad(options, store, bus, hub);
    }

    public async Task WarmUpAsync(Func<long> next)
    {
        await NewLoad(next).RunAsync(options.Connections, options.WarmUpSeconds);
        await DrainAsync();
    }

    /// <summary>Sends deliveries for a while and measures the CPU time of the hub's process.</summary>
    public async Task<LoadResult> MeasureAsync(Func<long> next)
    {
        var before = hub.ProcessorTime;
        var result = await NewLoad(next).RunAsync(options.Connections, options.Seconds);
        return result with { ServerProcessorTime = hub.ProcessorTime - before };
    }

    /// <summary>Lets retention delete everything that is routed and published.</summary>
    public Task StartRetentionAsync() => hub.AskAsync($"keep {NotAtAll}");

    public Task StopRetentionAsync() => hub.AskAsync($"keep {Always}");

    /// <summary>Waits until retention has deleted this many notifications, or all that it can.</summary>
    /// <returns>The first notification at the start and at the end of the wait.</returns>
    public async Task<(long Before, long After)> WaitUntilRemovedAsync(long count)
    {
        var before = await ReadAsync();
        var after = await HubProgress.WaitUntilAsync(
            Store,
            progress => progress.FirstStored - before.FirstStored >= count || progress.FirstStored > before.Stored
        );
        return (before.FirstStored, after.FirstStored);
    }

    public Task<TimeSpan> DrainAsync() => HubProgress.DrainAsync(Store);

    public Task<HubProgress> ReadAsync() => HubProgress.ReadAsync(Store);

    public async ValueTask DisposeAsync()
    {
        await hub.StopAsync();
        hub.Dispose();
        bus.Dispose();
    }

    private LoadRun NewLoad(Func<long> next) =>
        new(new Uri(hub.FirstLine + HubServer.Path), Comparison.Token, next, Assignments);
}
