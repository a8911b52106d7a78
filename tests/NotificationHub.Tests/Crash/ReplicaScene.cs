using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Crash;

/// <summary>Four hubs on one database under load: posts for one location, and another that changes at the simulated Apple.</summary>
internal sealed class ReplicaScene : IAsyncDisposable
{
    private const int Hubs = 4;
    private const int Devices = 100;

    private static readonly string[] Apps = ["361304891", "361285480", "408709785"];

    private readonly CancellationTokenSource ending = new();
    private readonly FeedWitness feed = new();
    private readonly HubDatabase database;
    private readonly CursorWatch cursors;
    private readonly LocalServiceBus bus;
    private readonly SimulatedApple apple;
    private readonly SimulatedLocation location;
    private readonly List<Replica> replicas;
    private readonly Random random;
    private LoadBalancer? balancer;
    private AppleLibrary? library;
    private Task changing = Task.CompletedTask;
    private int takenOver;

    private ReplicaScene(string folder, HubDatabase database, LocalServiceBus bus, SimulatedApple apple, int seed)
    {
        (this.database, this.bus, this.apple) = (database, bus, apple);
        random = new Random(seed);
        cursors = new CursorWatch(database);
        location = apple.AddLocation();
        replicas = [.. Enumerable.Range(0, Hubs).Select(_ => new Replica(folder, database, bus, apple))];
        Mayhem = new Mayhem(replicas, database, feed, seed);
    }

    public Mayhem Mayhem { get; }

    public Poster? Poster { get; private set; }

    /// <summary>What was done and seen.</summary>
    public string Story =>
        $"""
            {string.Join(Environment.NewLine, Mayhem.Acts)}
            posted {Poster!.Posted.Count}, answered {Poster.Answers}, interrupted {Poster.Interrupted}
            sent again {bus.Topics.Sum(topic =>
                topic.Duplicates
            )}, read from Apple {apple.Requests.Total} times, events {feed.Events.Count}
            leases taken over {takenOver}, starts refused {replicas.Sum(replica =>
                replica.RefusedStarts
            )}, cursors looked at {cursors.Looks} times
            """;

    public static async Task<ReplicaScene> BeginAsync(string folder, HubDatabase database, int seed)
    {
        var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                Seed = seed,
                PageSize = 40,
                // Who takes over knows nothing of the other's pace.
                EnforceRate = false,
                Delivery = new() { RetryDelays = [.. Enumerable.Repeat(TimeSpan.FromSeconds(1), 60)] },
            }
        );
        var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Seed = seed });
        var scene = new ReplicaScene(folder, database, bus, apple, seed);
        try
        {
            await scene.BeginAsync(seed);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks at the cursors all the while.</summary>
    public async Task WatchedAsync(Func<Task> act)
    {
        var acting = act();
        await cursors.WatchAsync(acting);
        await acting;
    }

    /// <summary>Ends the load, waits until everything has gone its way, and looks at what is there.</summary>
    public async Task EndAsync()
    {
        await Poster!.StopAsync();
        await ending.CancelAsync();
        await changing;
        await apple.WaitUntilDeliveredAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await WatchedAsync(() => Until.TrueAsync(IsAtRestAsync, "everything is read and published"));
        await Until.TrueAsync(AreShardsSpreadAsync, "each of the four hubs has a quarter of the shards");
        foreach (var replica in replicas)
        {
            await feed.ReadAsync(await replica.Door.Url);
        }

        var verdict = new OwnershipVerdict(await database.ReadTakeoversAsync(), bus.Topics, Mayhem.Acts);
        takenOver = verdict.TakenOver;
        await new Aftermath(database, Poster, bus, feed).ShouldBeWholeAsync();
        await library!.ShouldBeKnownAsync(await replicas[0].Door.Url);
        apple.Violations.ShouldBeEmpty();
        cursors.Faults.ShouldBeEmpty();
        verdict.ShouldBeClean();
        takenOver.ShouldBePositive("who is killed or paused is taken over");
        Poster.Interrupted.ShouldBePositive("who is killed under load leaves posts without an answer");
    }

    /// <summary>What the hubs printed last.</summary>
    public string Output =>
        string.Join($"{Environment.NewLine}---{Environment.NewLine}", replicas.Select(replica => replica.Output));

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await changing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Poster is not null)
        {
            await Poster.DisposeAsync();
        }

        await apple.DisposeAsync();
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }

        if (balancer is not null)
        {
            await balancer.DisposeAsync();
        }

        await bus.DisposeAsync();
        feed.Dispose();
        Mayhem.Dispose();
        ending.Dispose();
    }

    private async Task BeginAsync(int seed)
    {
        // The first one makes the schema.
        await replicas[0].StartAsync();
        await database.KeepTakeoversAsync();
        await Task.WhenAll(replicas.Skip(1).Select(replica => replica.StartAsync()));
        HubDoor[] doors = [.. replicas.Select(replica => replica.Door)];
        balancer = await LoadBalancer.StartAsync(doors);
        Array.ForEach(Apps, app => location.AddAsset(app, total: Devices));
        library = await AppleLibrary.RegisterAsync(database, apple, location, balancer.Url);
        var (path, secret) = await CrashScene.AddLocationAsync(database, balancer.Url);
        Poster = new Poster(Load.Insistent, new PostSource(seed), path, secret, doors);
        changing = ChangeAsync(ending.Token);
    }

    private async Task ChangeAsync(CancellationToken cancellationToken)
    {
        var assigned = new HashSet<string>(StringComparer.Ordinal);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        try
        {
            while (await pace.WaitForNextTickAsync(cancellationToken))
            {
                var devices = random
                    .GetItems([.. Enumerable.Range(0, Devices).Select(n => $"DEV{n:000}")], 5)
                    .ToHashSet();
                await location.AssociateAsync(Apps, [.. devices.Except(assigned)]);
                await location.DisassociateAsync(Apps, [.. devices.Intersect(assigned)]);
                assigned.SymmetricExceptWith(devices);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private async Task<bool> IsAtRestAsync() => await library!.IsReadAsync() && await database.IsDrainedAsync();

    private async Task<bool> AreShardsSpreadAsync()
    {
        var owners = await database.QueryAsync<string>(
            "select owner from lease where name like 'refetch-%' and owner is not null"
        );
        return replicas.TrueForAll(replica => owners.Count(replica.IsOwner) == owners.Count / Hubs);
    }
}
