using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Crash;

/// <summary>A killable hub that reads a changing location of the simulated Apple.</summary>
internal sealed class RefetchCrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly LoadBalancer balancer;
    private RegisteredLocation? location;

    private RefetchCrashScene(SimulatedApple apple, KillableHub hub, LoadBalancer balancer, TemporaryFolder folder)
    {
        this.balancer = balancer;
        this.folder = folder;
        Apple = apple;
        Hub = hub;
        Location = apple.AddLocation();
    }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Location { get; }

    public KillableHub Hub { get; }

    public static async Task<RefetchCrashScene> BeginAsync(int seed)
    {
        var options = new SimulatedAppleOptions
        {
            Seed = seed,
            PageSize = 40,
            // The hub must reach Apple's state, so the simulated Apple must not give up a notification.
            Delivery = new() { RetryDelays = [.. Enumerable.Repeat(TimeSpan.FromSeconds(1), 60)] },
        };
        var folder = new TemporaryFolder();
        var apple = await SimulatedApple.StartAsync(options);
        var hub = new KillableHub(
            folder.Path,
            $"Apple:BaseUrl={apple.BaseUrl}",
            "Storage:LeaseDuration=00:00:03",
            "Refetch:QuietPeriod=00:00:00.200",
            "Refetch:InitialMaxWait=00:00:01",
            "Refetch:LongestMaxWait=00:00:02",
            "Refetch:RequestsPerSecond=10"
        );
        var scene = new RefetchCrashScene(apple, hub, await LoadBalancer.StartAsync(hub.Endpoint), folder);
        try
        {
            await hub.StartAsync();
            scene.location = await RegisteredLocation.RegisterAsync(
                hub.Database,
                apple,
                scene.Location,
                scene.balancer.Url
            );
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the hub has read all changes, then compares its records and its events with Apple's records.</summary>
    public async Task EndAsync()
    {
        await Apple.WaitUntilDeliveredAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await Hub.WaitUntilAsync(location!.IsUpToDateAsync);

        await location.ShouldMatchAppleAsync(await Hub.Endpoint.Url);
        Hub.Feed.Changed.ShouldBeEmpty();
        Hub.Cursors.Violations.ShouldBeEmpty();
        Apple.Violations.ShouldBeEmpty();
        await Hub.Database.ShouldBeUndamagedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Apple.DisposeAsync();
        await Hub.DisposeAsync();
        await balancer.DisposeAsync();
        folder.Dispose();
    }
}
