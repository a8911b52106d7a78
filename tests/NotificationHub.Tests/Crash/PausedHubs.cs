using NotificationHub.LocalBus;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>Two hubs on one database, both with a share of the load; the one that leads is paused past its leases.</summary>
internal sealed class PausedHubs : IAsyncDisposable
{
    /// <summary>What is owned by one hub at a time.</summary>
    private const string Owned = "(name = 'routing' or name like 'publishing:%')";

    private readonly TemporaryFolder folder = new();
    private readonly FeedWitness feed = new();
    private readonly Random random;
    private readonly HubDatabase file;
    private readonly CursorWatch cursors;
    private readonly LocalServiceBus bus;
    private readonly List<HubProcess> hubs = [];

    private PausedHubs(int seed, LocalServiceBus bus)
    {
        random = new Random(seed);
        this.bus = bus;
        file = new HubDatabase(TestStore.At(folder.File("hub.db")));
        cursors = new CursorWatch(file);
    }

    public Poster? Poster { get; private set; }

    /// <summary>What the hubs printed last.</summary>
    public string Output =>
        string.Join($"{Environment.NewLine}---{Environment.NewLine}", hubs.Select(hub => hub.Output));

    /// <summary>How often a pause had to be given up, because it fell into a transaction and held up everybody.</summary>
    public int PausesInTransactions { get; private set; }

    public static async Task<PausedHubs> BeginAsync(int seed)
    {
        var scene = new PausedHubs(seed, await LocalServiceBus.StartAsync());
        try
        {
            var first = await scene.StartAsync();
            var second = await scene.StartAsync();
            var (path, secret) = await CrashScene.AddLocationAsync(scene.file, await first.Url);
            scene.Poster = new Poster(Load.Steady, new PostSource(seed), path, secret, first, second);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Pauses the hub that routes until the other one has taken over everything and gone on, then lets it go on.</summary>
    public Task PauseLeaderAsync() => WatchedAsync(PauseLeaderUnwatchedAsync);

    /// <summary>Ends the load, waits until everything has gone its way, and looks at what is there.</summary>
    public async Task EndAsync()
    {
        await Poster!.StopAsync();
        await WatchedAsync(() => Until.TrueAsync(file.IsDrainedAsync, "everything is published"));
        foreach (var hub in hubs)
        {
            await feed.ReadAsync(await hub.ListeningAsync());
        }

        await new Aftermath(file, Poster, bus, feed).ShouldBeWholeAsync();
        cursors.Faults.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (Poster is not null)
        {
            await Poster.DisposeAsync();
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

    private async Task PauseLeaderUnwatchedAsync()
    {
        var leader = await FindLeaderAsync();
        while (!await TryPauseAsync(leader))
        {
            PausesInTransactions++;
        }

        var position = await file.CursorAsync("routing");
        await Until.TrueAsync(async () => await file.CursorAsync("routing") > position, "the other hub routes");
        leader.Resume();

        // Once it answers it is awake, and its stages with it.
        await feed.ReadAsync(await leader.ListeningAsync());
    }

    /// <returns>Whether it is paused and has lost all leases to the other hub; it resumes if no hub could write.</returns>
    private async Task<bool> TryPauseAsync(HubProcess leader)
    {
        await Task.Delay(random.Next(300));
        leader.Pause();
        var isLocked = false;
        await Until.TrueAsync(
            async () => await LeasesOfAsync(leader) == 0 || (isLocked = await file.IsLockedAsync()),
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
            "a hub leads"
        );
        return leader!;
    }

    private async Task<int> LeasesOfAsync(HubProcess hub) =>
        (await file.QueryAsync<string>($"select owner from lease where {Owned} and owner is not null")).Count(owner =>
            IsOwner(hub, owner)
        );

    private static bool IsOwner(HubProcess hub, string owner) =>
        owner.Split(':') is [_, var id, _] && id == $"{hub.Id}";

    private async Task WatchedAsync(Func<Task> act)
    {
        var acting = act();
        await cursors.WatchAsync(acting);
        await acting;
    }

    private async Task<HubDoor> StartAsync()
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
        var door = new HubDoor();
        door.Open(await hub.ListeningAsync());
        return door;
    }
}
