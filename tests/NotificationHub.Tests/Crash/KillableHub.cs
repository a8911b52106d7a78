using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>A hub process that tests kill and start again on the same database.</summary>
internal sealed class KillableHub(string folder, params IEnumerable<string> settings) : IAsyncDisposable
{
    private readonly List<HubProcess> killed = [];
    private HubProcess? running;
    private CursorMonitor? cursors;

    public HubDatabase Database { get; } = new(TestStore.At(Path.Combine(folder, "hub.db")));

    public HubEndpoint Endpoint { get; } = new();

    public CursorMonitor Cursors => cursors ??= new CursorMonitor(Database);

    public FeedRecorder Feed { get; } = new();

    /// <summary>How often the hub was started.</summary>
    public int Starts { get; private set; }

    public Task<Uri> StartAsync() => StartAsync(Database.ExpireLeasesAsync);

    /// <summary>Kills the hub when <paramref name="moment"/> completes, and starts the next.</summary>
    public async Task KillWhenAsync(Task moment)
    {
        await Cursors.MonitorUntilAsync(moment);
        await moment;
        await KillAsync();
        await StartAsync();
    }

    /// <summary>Kills the hub while it owns stages; the next hub takes over when the leases expire.</summary>
    public async Task KillOwnerWhenAsync(Task moment)
    {
        await Cursors.MonitorUntilAsync(moment);
        await moment;
        var owner = running!.Id;
        // A hub that has just started takes over the stages a moment later.
        await Until.TrueAsync(async () => (await Database.LeasesAsync(owner)).Count > 0, "the hub owns stages");
        await KillAsync();
        var held = await Database.LeasesAsync(owner);
        held.ShouldNotBeEmpty();

        await StartAsync(expireLeasesAsync: _ => Task.CompletedTask);
        var takeover = Until.TrueAsync(
            async () => (await Database.LeasesAsync(owner)).Count == 0,
            "the next hub takes over"
        );
        await Cursors.MonitorUntilAsync(takeover);
        await takeover;
        (await Database.NowAsync()).ShouldBeGreaterThanOrEqualTo(held.Max(lease => lease.ExpiresAt));
    }

    /// <summary>Kills the hub, then the next one while it starts, and starts a third.</summary>
    public async Task KillWhileStartingAsync(TimeSpan after)
    {
        await KillAsync();
        Launch();
        await Task.Delay(after);
        await KillAsync();
        await StartAsync();
    }

    /// <summary>Waits until <paramref name="condition"/> holds, then reads the whole feed.</summary>
    public async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        await Cursors.MonitorUntilAsync(Until.TrueAsync(condition, "all work is done"));
        await Feed.ReadAsync(await Endpoint.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (running is not null)
        {
            await running.DisposeAsync();
        }

        await DisposeKilledAsync();
        Feed.Dispose();
        Database.Store.Dispose();
    }

    private async Task<Uri> StartAsync(Func<int, Task> expireLeasesAsync)
    {
        Launch();
        var url = await running!.StartedAsync();
        foreach (var process in killed)
        {
            await expireLeasesAsync(process.Id);
        }

        await DisposeKilledAsync();
        await Feed.ReadAsync(url);
        Endpoint.Open(url);
        return url;
    }

    private void Launch()
    {
        Starts++;
        running = HubProcess.Start(folder, [.. Database.Store.Settings, .. settings]);
    }

    private async Task KillAsync()
    {
        // Running requests fail; later ones wait for the next hub, as Apple waits between its attempts.
        Endpoint.Close();
        running!.HasEnded.ShouldBeFalse(running.Output);
        await running.KillAsync();
        killed.Add(running);
        running = null;
    }

    private async Task DisposeKilledAsync()
    {
        foreach (var process in killed)
        {
            await process.DisposeAsync();
        }

        killed.Clear();
    }
}
