using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Mdm;

namespace NotificationHub.Tests.Crash;

/// <summary>
/// Four hubs on one database. One location gets a steady load of notifications; another, which an MDM had before,
/// changes at the simulated Apple.
/// </summary>
internal sealed class ReplicaScene : IAsyncDisposable
{
    private const int Hubs = 4;
    private const int Devices = 100;

    private static readonly string[] Apps = ["361304891", "361285480", "408709785"];

    private static readonly MdmResponse[] MdmFailures =
    [
        MdmResponse.Status(500),
        MdmResponse.Abort,
        MdmResponse.Status(401),
        MdmResponse.Silence,
        MdmResponse.Slow(TimeSpan.FromMilliseconds(500)),
        MdmResponse.Status(404),
    ];

    private readonly CancellationTokenSource ending = new();
    private readonly FeedRecorder feed = new();
    private readonly HubDatabase database;
    private readonly CursorMonitor cursors;
    private readonly LocalServiceBus bus;
    private readonly SimulatedApple apple;
    private readonly SimulatedMdm mdm;
    private readonly SimulatedLocation location;
    private readonly List<Replica> replicas;
    private readonly Random random;
    private LoadBalancer? balancer;
    private RegisteredLocation? registered;
    private Task changes = Task.CompletedTask;
    private int takeoverCount;
    private string relayed = "";

    private ReplicaScene(
        string folder,
        HubDatabase database,
        LocalServiceBus bus,
        SimulatedApple apple,
        SimulatedMdm mdm,
        int seed
    )
    {
        (this.database, this.bus, this.apple, this.mdm) = (database, bus, apple, mdm);
        random = new Random(seed);
        cursors = new CursorMonitor(database);
        location = apple.AddLocation();
        mdm.Configure(location);
        replicas = [.. Enumerable.Range(0, Hubs).Select(_ => new Replica(folder, database, bus, apple))];
        Injector = new FailureInjector(replicas, database, feed, seed);
    }

    public FailureInjector Injector { get; }

    public NotificationSender? Sender { get; private set; }

    /// <summary>The injected failures and the figures of the run.</summary>
    public string Summary =>
        $"""
            {string.Join(Environment.NewLine, Injector.Failures)}
            sent {Sender!.Sent.Count}, accepted {Sender.AcceptedCount}, failed attempts {Sender.FailedAttempts}
            published again {bus.Topics.Sum(topic =>
                topic.Duplicates
            )}, requests to Apple {apple.Requests.Total}, events {feed.Events.Count}
            relayed {relayed}
            leases taken over {takeoverCount}, failed starts {replicas.Sum(replica =>
                replica.FailedStarts
            )}, cursor checks {cursors.Checks}
            """;

    public static async Task<ReplicaScene> BeginAsync(string folder, HubDatabase database, int seed)
    {
        var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                Seed = seed,
                PageSize = 40,
                // A replica that takes over does not know the request rate of its predecessor.
                EnforceRate = false,
                Delivery = new() { RetryDelays = [.. Enumerable.Repeat(TimeSpan.FromSeconds(1), 60)] },
            }
        );
        var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Seed = seed });
        var scene = new ReplicaScene(folder, database, bus, apple, await SimulatedMdm.StartAsync(), seed);
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

    /// <summary>Checks at the cursors all the while.</summary>
    public async Task WithCursorChecksAsync(Func<Task> act)
    {
        var acting = act();
        await cursors.MonitorUntilAsync(acting);
        await acting;
    }

    /// <summary>Ends the load, waits until everything has gone its way, and looks at what is there.</summary>
    public async Task EndAsync()
    {
        await Sender!.StopAsync();
        await ending.CancelAsync();
        await changes;
        await apple.WaitUntilDeliveredAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await WithCursorChecksAsync(() => Until.TrueAsync(IsDrainedAsync, "everything is read and published"));
        await Until.TrueAsync(AreShardsSpreadAsync, "each of the four hubs has a quarter of the shards");
        foreach (var replica in replicas)
        {
            await feed.ReadAsync(await replica.Endpoint.Url);
        }

        var ownership = new OwnershipCheck(await database.ReadTakeoversAsync(), bus.Topics, Injector.Failures);
        takeoverCount = ownership.TakeoverCount;
        await new ConsistencyCheck(database, Sender, bus, feed).ShouldBeConsistentAsync();
        await registered!.ShouldMatchAppleAsync(await replicas[0].Endpoint.Url);
        await CheckRelayAsync(ownership.OwnerCount("relay"));
        apple.Violations.ShouldBeEmpty();
        cursors.Violations.ShouldBeEmpty();
        ownership.ShouldHaveOneOwner();
        takeoverCount.ShouldBePositive("another replica takes over from a killed or paused one");
        Sender.FailedAttempts.ShouldBePositive("killing a replica under load interrupts deliveries");
    }

    /// <summary>The last lines that each hub printed.</summary>
    public string Output =>
        string.Join($"{Environment.NewLine}---{Environment.NewLine}", replicas.Select(replica => replica.Output));

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await changes.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Sender is not null)
        {
            await Sender.DisposeAsync();
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

        await mdm.DisposeAsync();
        await bus.DisposeAsync();
        feed.Dispose();
        Injector.Dispose();
        ending.Dispose();
    }

    private async Task BeginAsync(int seed)
    {
        // The first replica creates the schema.
        await replicas[0].StartAsync();
        await database.RecordTakeoversAsync();
        await Task.WhenAll(replicas.Skip(1).Select(replica => replica.StartAsync()));
        HubEndpoint[] endpoints = [.. replicas.Select(replica => replica.Endpoint)];
        balancer = await LoadBalancer.StartAsync(endpoints);
        Array.ForEach(Apps, app => location.AddAsset(app, total: Devices));
        registered = await RegisteredLocation.RegisterAsync(database, apple, location, balancer.Url, "--relay");
        mdm.Next([.. MdmFailures.SelectMany(failure => Enumerable.Repeat(MdmResponse.Accept, 15).Append(failure))]);
        var (path, secret) = await CrashScene.AddLocationAsync(database, balancer.Url);
        Sender = new NotificationSender(LoadProfile.Heavy, new NotificationGenerator(seed), path, secret, endpoints);
        changes = ChangeLocationAsync(ending.Token);
    }

    private async Task ChangeLocationAsync(CancellationToken cancellationToken)
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
            // The test has ended.
        }
    }

    /// <summary>Checks what the MDM received, and what a removal leaves at Apple.</summary>
    private async Task CheckRelayAsync(int owners)
    {
        relayed = await new RelayCheck(database, mdm).ShouldBeCompleteAsync(registered!.Id, owners);
        (await database.NotificationsAsync(registered.Id)).ShouldBe(
            apple.Notifications.Select(sent => MdmDelivery.Identify(sent.NotificationId, sent.Body.Span)),
            ignoreOrder: true
        );
        await registered.RemoveAsync();
        location.Configuration.NotificationUrl.ShouldBe(mdm.Url);
        location.Configuration.NotificationAuthToken.ShouldBe(mdm.Secret);
        location.Configuration.NotificationTypes.ShouldBe(NotificationTypes.All, ignoreOrder: true);
    }

    private async Task<bool> IsDrainedAsync() =>
        await registered!.IsUpToDateAsync() && await database.IsDrainedAsync() && await database.IsRelayedAsync();

    private async Task<bool> AreShardsSpreadAsync()
    {
        var owners = await database.QueryAsync<string>(
            "select owner from lease where name like 'refetch-%' and owner is not null"
        );
        return replicas.TrueForAll(replica => owners.Count(replica.IsOwner) == owners.Count / Hubs);
    }
}
