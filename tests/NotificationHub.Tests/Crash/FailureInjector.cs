namespace NotificationHub.Tests.Crash;

internal sealed record InjectedFailure(string Name, int Replica, DateTimeOffset Started)
{
    public DateTimeOffset Finished { get; set; }

    public override string ToString() => $"{Started:HH:mm:ss.fff}-{Finished:HH:mm:ss.fff} replica {Replica} {Name}";
}

/// <summary>
/// Kills, pauses and disconnects random replicas, most often the one that routes. At least two replicas stay undisturbed.
/// </summary>
internal sealed class FailureInjector(
    IReadOnlyList<Replica> replicas,
    HubDatabase database,
    FeedRecorder feed,
    int seed
) : IDisposable
{
    public const string Paused = "paused";

    private const int MaxConcurrent = 2;

    private static readonly TimeSpan BlockWritesFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly Random random = new(seed);
    private readonly SemaphoreSlim reading = new(1);
    private readonly Dictionary<int, Task> running = [];

    public List<InjectedFailure> Failures { get; } = [];

    /// <summary>Injects each kind of failure once per round, in random order.</summary>
    public async Task RunAsync(int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            (string, Func<Replica, Task>)[] kinds =
            [
                ("killed", KillAsync),
                (Paused, PauseAsync),
                ("disconnected", DisconnectAsync),
            ];
            random.Shuffle(kinds);
            foreach (var (name, injectAsync) in kinds)
            {
                await WaitForSlotAsync();
                var replica = await ChooseReplicaAsync(name);
                running[replica] = InjectAsync(name, injectAsync, replica);
                await Task.Delay(random.Next(200, 1500));
            }
        }

        await Task.WhenAll(running.Values);
    }

    public void Dispose() => reading.Dispose();

    private Task KillAsync(Replica replica) => replica.KillAndRestartAsync(UpTo(TimeSpan.FromSeconds(1)));

    private async Task PauseAsync(Replica replica)
    {
        var length = Replica.LeaseDuration + UpTo(TimeSpan.FromSeconds(2));
        // One pause in four comes at any moment, even within a transaction.
        await using (random.Next(4) > 0 ? await BlockWritesWhileRoutingAsync() : null)
        {
            replica.Pause();
        }

        await Task.Delay(length);
        replica.Resume();
    }

    /// <summary>
    /// Blocks all writes until the router has read notifications and waits to commit. A pause at this moment is the most dangerous:
    /// by the time the replica resumes, another one has routed the same notifications.
    /// </summary>
    private async Task<IAsyncDisposable> BlockWritesWhileRoutingAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            var hold = await database.BlockWritesAsync();
            if (await database.HasUnroutedAsync() || attempt == 100)
            {
                // The router runs at least once a second.
                await Task.Delay(BlockWritesFor);
                return hold;
            }

            await hold.DisposeAsync();
            await Task.Delay(PollInterval);
        }
    }

    private Task DisconnectAsync(Replica replica) => replica.DisconnectAsync(UpTo(TimeSpan.FromSeconds(4)));

    private TimeSpan UpTo(TimeSpan limit) => random.NextDouble() * limit;

    private async Task WaitForSlotAsync()
    {
        while (running.Count == MaxConcurrent)
        {
            await Task.WhenAny(running.Values);
            foreach (var (replica, failure) in running.Where(pair => pair.Value.IsCompleted).ToList())
            {
                await failure;
                running.Remove(replica);
            }
        }
    }

    private async Task<int> ChooseReplicaAsync(string name)
    {
        var leader = await FindLeaderAsync();
        if (name == Paused)
        {
            await Until.TrueAsync(
                async () => (leader = await FindLeaderAsync()) is not null,
                "an undisturbed replica owns routing"
            );
        }

        int[] free = [.. Free];
        return leader is { } found && (name == Paused || random.Next(2) > 0) ? found : free[random.Next(free.Length)];
    }

    private IEnumerable<int> Free =>
        Enumerable
            .Range(0, replicas.Count)
            .Where(replica => !running.TryGetValue(replica, out var failure) || failure.IsCompletedSuccessfully);

    /// <summary>The replica that routes, unless a failure is being injected into it.</summary>
    private async Task<int?> FindLeaderAsync()
    {
        var owner = await database.ScalarAsync<string?>("select owner from lease where name = 'routing'");
        return Free.Where(replica => owner is not null && replicas[replica].IsOwner(owner))
            .Select(replica => (int?)replica)
            .FirstOrDefault();
    }

    private async Task InjectAsync(string name, Func<Replica, Task> injectAsync, int replica)
    {
        var failure = new InjectedFailure(name, replica, TimeProvider.System.GetUtcNow());
        Failures.Add(failure);
        await injectAsync(replicas[replica]);
        failure.Finished = TimeProvider.System.GetUtcNow();

        // A response shows that the process and its stages are running again.
        await reading.WaitAsync();
        try
        {
            await feed.ReadAsync(await replicas[replica].Endpoint.Url);
        }
        finally
        {
            reading.Release();
        }
    }
}
