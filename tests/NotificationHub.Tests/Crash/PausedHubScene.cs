using NotificationHub.LocalBus;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>Two hubs on one database under load; the one that routes is paused until its leases have expired.</summary>
internal sealed class PausedHubScene : IAsyncDisposable
{
    private const string OwnedStages = "(name = 'routing' or name like 'publishing:%')";

    private readonly TemporaryFolder folder = new();
    private readonly FeedRecorder feed = new();
    private readonly Random random;
    private readonly HubDatabase file;
    private readonly CursorMonitor cursors;
    private readonly LocalServiceBus bus;
    private readonly List<HubProcess> hubs = [];

    private PausedHubScene(int seed, LocalServiceBus bus)
    {
        random = new Random(seed);
        this.bus = bus;
        file = new HubDatabase(TestStore.At(folder.File("hub.db")));
        cursors = new CursorMonitor(file);
    }

    public NotificationSender? Sender { get; private set; }

    /// <summary>The last lines that each hub printed.</summary>
    public string Output =>
        string.Join($"{Environment.NewLine}---{Environment.NewLine}", hubs.Select(hub => hub.Output));

    /// <summary>How many pauses were ended early because the hub was within a transaction, so that no hub could write.</summary>
    public int PausesInTransactions { get; private set; }

    public static async Task<PausedHubScene> BeginAsync(int seed)
    {
        var scene = new PausedHubScene(seed, await LocalServiceBus.StartAsync());
        try
        {
            var first = await scene.StartAsync();
            var second = await scene.StartAsync();
            var (path, secret) = await CrashScene.AddLocationAsync(scene.file, await first.Url);
            scene.Sender = new NotificationSender(
                LoadProfile.Steady,
                new NotificationGenerator(seed),
                path,
                secret,
                first,
                second
            );
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Pauses the hub that routes until the other one has taken over all stages and routed notifications.</summary>
    public Task PauseLeaderAsync() => WithCursorChecksAsync(PauseLeaderCoreAsync);

    /// <summary>Stops the load, waits until all events are published and checks the result.</summary>
    public async Task EndAsync()
    {
        await Sender!.StopAsync();
        await WithCursorChecksAsync(() => Until.TrueAsync(file.IsDrainedAsync, "everything is published"));
        foreach (var hub in hubs)
        {
            await feed.ReadAsync(await hub.StartedAsync());
        }

        await new ConsistencyCheck(file, Sender, bus, feed).ShouldBeConsistentAsync();
        cursors.Violations.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (Sender is not null)
        {
            await Sender.DisposeAsync();
        }

        foreach (var hub in hubs)
        {
            await hub.DisposeAsync();
        }

        await bus.DisposeAsync();
        feed.Dispose();
        file.Store.Dispose();
        folder.Dispose();
    }

    private async Task PauseLeaderCoreAsync()
    {
        var leader = await FindLeaderAsync();
        while (!await TryPauseAsync(leader))
        {
            PausesInTransactions++;
        }

        var position = await file.CursorAsync("routing");
        await Until.TrueAsync(async () => await file.CursorAsync("routing") > position, "the other hub routes");
        leader.Resume();

        // A response shows that the process and its stages are running again.
        await feed.ReadAsync(await leader.StartedAsync());
    }

    /// <returns>Whether it is paused and has lost all leases to the other hub; it resumes if no hub could write.</returns>
    private async Task<bool> TryPauseAsync(HubProcess leader)
    {
        await Task.Delay(random.Next(300));
        leader.Pause();
        var isLocked = false;
        await Until.TrueAsync(
            async () => await LeasesAsync(leader) == 0 || (isLocked = await file.IsLockedAsync()),
            "the other hub takes over"
        );
        if (isLocked)
        {
            leader.Resume();
        }

        return !isLocked;
    }

    private async Task<HubProcess> FindLeaderAsync()
    {
        HubProcess? leader = null;
        await Until.TrueAsync(
            async () =>
            {
                var owner = await file.QueryAsync<string>(
                    "select owner from lease where name = 'routing' and owner is not null"
                );
                leader = hubs.Find(hub => owner is [var name] && IsOwner(hub, name));
                return leader is not null;
            },
            "a hub owns routing"
        );
        return leader!;
    }

    private async Task<int> LeasesAsync(HubProcess hub) =>
        (await file.QueryAsync<string>($"select owner from lease where {OwnedStages} and owner is not null")).Count(
            owner => IsOwner(hub, owner)
        );

    private static bool IsOwner(HubProcess hub, string owner) =>
        owner.Split(':') is [_, var id, _] && id == $"{hub.Id}";

    private async Task WithCursorChecksAsync(Func<Task> act)
    {
        var acting = act();
        await cursors.MonitorUntilAsync(acting);
        await acting;
    }

    private async Task<HubEndpoint> StartAsync()
    {
        var hub = HubProcess.Start(
            folder.Path,
            [
                .. file.Store.Settings,
                "Storage:LeaseDuration=00:00:04",
                $"ServiceBus:ConnectionString={bus.ConnectionString}",
                "ServiceBus:SendTimeout=00:00:01",
            ]
        );
        hubs.Add(hub);
        var endpoint = new HubEndpoint();
        endpoint.Open(await hub.StartedAsync());
        return endpoint;
    }
}
