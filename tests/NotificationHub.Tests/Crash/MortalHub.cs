using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>A hub that is killed again and again, and started again on the same database.</summary>
/// <param name="folder">Where the database is.</param>
/// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
internal sealed class MortalHub(string folder, params IEnumerable<string> settings) : IAsyncDisposable
{
    private readonly List<HubProcess> dead = [];
    private HubProcess? alive;
    private CursorWatch? cursors;

    public HubDatabase Database { get; } = new(TestStore.At(Path.Combine(folder, "hub.db")));

    /// <summary>Open while it lives.</summary>
    public HubDoor Door { get; } = new();

    public CursorWatch Cursors => cursors ??= new CursorWatch(Database);

    public FeedWitness Feed { get; } = new();

    public Task<Uri> StartAsync() => StartAsync(Database.ExpireLeasesAsync);

    /// <summary>Kills it at <paramref name="moment"/>, and starts the next.</summary>
    public async Task KillAtAsync(Task moment)
    {
        await Cursors.WatchAsync(moment);
        await moment;
        await DieAsync();
        await StartAsync();
    }

    /// <summary>Kills it while it owns stages, without shortening its leases: the next hub takes over once they expire.</summary>
    public async Task KillOwnerAtAsync(Task moment)
    {
        await Cursors.WatchAsync(moment);
        await moment;
        await DieAsync();
        var owner = dead[^1].Id;
        var held = await Database.LeasesOfAsync(owner);
        held.ShouldNotBeEmpty();

        await StartAsync(settleLeasesOfAsync: _ => Task.CompletedTask);
        var takenOver = Until.TrueAsync(
            async () => (await Database.LeasesOfAsync(owner)).Count == 0,
            "the next hub takes over"
        );
        await Cursors.WatchAsync(takenOver);
        await takenOver;
        (await Database.NowAsync()).ShouldBeGreaterThanOrEqualTo(held.Max(lease => lease.ExpiresAt));
    }

    /// <summary>Kills it, and the next while it starts.</summary>
    public async Task KillWhileStartingAsync(TimeSpan after)
    {
        await DieAsync();
        Launch();
        await Task.Delay(after);
        await DieAsync();
        await StartAsync();
    }

    /// <summary>Waits until <paramref name="rest"/> is so, and remembers all that the feed has then.</summary>
    public async Task RestAsync(Func<Task<bool>> rest)
    {
        await Cursors.WatchAsync(Until.TrueAsync(rest, "everything has come to rest"));
        await Feed.ReadAsync(await Door.Url);
    }

    public async ValueTask DisposeAsync()
    {
        if (alive is not null)
        {
            await alive.DisposeAsync();
        }

        await BuryAsync();
        Feed.Dispose();
        Database.Store.Dispose();
    }

    private async Task<Uri> StartAsync(Func<int, Task> settleLeasesOfAsync)
    {
        Launch();
        var url = await alive!.ListeningAsync();
        foreach (var gone in dead)
        {
            await settleLeasesOfAsync(gone.Id);
        }

        await BuryAsync();
        await Feed.ReadAsync(url);
        Door.Open(url);
        return url;
    }

    private void Launch() => alive = HubProcess.Start(folder, [.. Database.Store.Settings, .. settings]);

    private async Task DieAsync()
    {
        // What is under way is cut; what comes next waits for the next hub, as Apple waits between its attempts.
        Door.Close();
        alive!.HasEnded.ShouldBeFalse(alive.Output);
        await alive.KillAsync();
        dead.Add(alive);
        alive = null;
    }

    private async Task BuryAsync()
    {
        foreach (var gone in dead)
        {
            await gone.DisposeAsync();
        }

        dead.Clear();
    }
}
