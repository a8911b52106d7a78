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
                var victim = await ChooseAsync();
                underWay[victim] = DoAsync(name, act, victim);
                await Task.Delay(random.Next(200, 1500));
            }
        }

        await Task.WhenAll(underWay.Values);
    }

    public void Dispose() => reading.Dispose();

    private Task KillAsync(Replica replica) => replica.DieAsync(Upto(TimeSpan.FromSeconds(1)));

    private Task PauseAsync(Replica replica) =>
        replica.PauseAsync(Replica.LeaseDuration + Upto(TimeSpan.FromSeconds(2)));

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

    private async Task<int> ChooseAsync()
    {
        var free = Enumerable.Range(0, replicas.Count).Where(replica => !underWay.ContainsKey(replica)).ToList();
        var owner = await database.ScalarAsync<string?>("select owner from lease where name = 'routing'");
        var leader = free.FindIndex(replica => owner is not null && replicas[replica].IsOwner(owner));
        return leader >= 0 && random.Next(3) > 0 ? free[leader] : free[random.Next(free.Count)];
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
