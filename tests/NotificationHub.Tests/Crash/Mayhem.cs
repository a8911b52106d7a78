namespace NotificationHub.Tests.Crash;

/// <summary>What was done to which replica, and until when it lasted.</summary>
internal sealed record Act(string Name, int Replica, DateTimeOffset Began)
{
    public DateTimeOffset Ended { get; set; }

    public override string ToString() => $"{Began:HH:mm:ss.fff}-{Ended:HH:mm:ss.fff} replica {Replica} {Name}";
}

/// <summary>Random acts against random replicas, more often than not against the one that routes; two at least are left alone.</summary>
internal sealed class Mayhem(IReadOnlyList<Replica> replicas, HubDatabase database, FeedWitness feed, int seed)
    : IDisposable
{
    public const string Paused = "paused";

    private const int AtOnce = 2;

    private static readonly TimeSpan HoldFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly Random random = new(seed);
    private readonly SemaphoreSlim reading = new(1);
    private readonly Dictionary<int, Task> underWay = [];

    public List<Act> Acts { get; } = [];

    /// <summary>Each kind of act as often as the others, in another order each time.</summary>
    /// <param name="rounds">How often each.</param>
    public async Task RunAsync(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            (string, Func<Replica, Task>)[] kinds =
            [
                ("killed", KillAsync),
                (Paused, PauseAsync),
                ("cut off", CutOffAsync),
            ];
            random.Shuffle(kinds);
            foreach (var (name, act) in kinds)
            {
                await MakeRoomAsync();
                var victim = await ChooseAsync(name);
                underWay[victim] = DoAsync(name, act, victim);
                await Task.Delay(random.Next(200, 1500));
            }
        }

        await Task.WhenAll(underWay.Values);
    }

    public void Dispose() => reading.Dispose();

    private Task KillAsync(Replica replica) => replica.DieAsync(Upto(TimeSpan.FromSeconds(1)));

    private async Task PauseAsync(Replica replica)
    {
        var length = Replica.LeaseDuration + Upto(TimeSpan.FromSeconds(2));
        // At times it falls where it may, even into a transaction.
        await using (random.Next(4) > 0 ? await CatchAtWorkAsync() : null)
        {
            replica.Pause();
        }

        await Task.Delay(length);
        replica.Resume();
    }

    /// <summary>
    /// A pause hurts most between reading and writing. While nobody can write and there is something to be routed, its owner has read it and
    /// waits to commit what it makes of it; by the time it goes on, another one has done so.
    /// </summary>
    private async Task<IAsyncDisposable> CatchAtWorkAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            var hold = await database.HoldWritesAsync();
            if (await database.HasUnroutedAsync() || attempt == 100)
            {
                // It looks once a second at the latest, or when it has rested from a pass that took long.
                await Task.Delay(HoldFor);
                return hold;
            }

            await hold.DisposeAsync();
            await Task.Delay(LookAgainAfter);
        }
    }

    private Task CutOffAsync(Replica replica) => replica.BeCutOffAsync(Upto(TimeSpan.FromSeconds(4)));

    private TimeSpan Upto(TimeSpan most) => random.NextDouble() * most;

    private async Task MakeRoomAsync()
    {
        while (underWay.Count == AtOnce)
        {
            await Task.WhenAny(underWay.Values);
            foreach (var (replica, act) in underWay.Where(pair => pair.Value.IsCompleted).ToList())
            {
                await act;
                underWay.Remove(replica);
            }
        }
    }

    private async Task<int> ChooseAsync(string name)
    {
        var leader = await FindLeaderAsync();
        if (name == Paused)
        {
            await Until.TrueAsync(
                async () => (leader = await FindLeaderAsync()) is not null,
                "one that is left alone leads"
            );
        }

        int[] free = [.. Free];
        return leader is { } found && (name == Paused || random.Next(2) > 0) ? found : free[random.Next(free.Length)];
    }

    private IEnumerable<int> Free =>
        Enumerable
            .Range(0, replicas.Count)
            .Where(replica => !underWay.TryGetValue(replica, out var act) || act.IsCompletedSuccessfully);

    /// <summary>The one that routes, unless it is dead, or something is being done to it.</summary>
    private async Task<int?> FindLeaderAsync()
    {
        var owner = await database.ScalarAsync<string?>("select owner from lease where name = 'routing'");
        return Free.Where(replica => owner is not null && replicas[replica].IsOwner(owner))
            .Select(replica => (int?)replica)
            .FirstOrDefault();
    }

    private async Task DoAsync(string name, Func<Replica, Task> actAsync, int victim)
    {
        var act = new Act(name, victim, TimeProvider.System.GetUtcNow());
        Acts.Add(act);
        await actAsync(replicas[victim]);
        act.Ended = TimeProvider.System.GetUtcNow();

        // Once it answers it is awake, and its stages with it.
        await reading.WaitAsync();
        try
        {
            await feed.ReadAsync(await replicas[victim].Door.Url);
        }
        finally
        {
            reading.Release();
        }
    }
}
