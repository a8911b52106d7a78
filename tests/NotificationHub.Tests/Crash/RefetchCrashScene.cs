using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Crash;

/// <summary>A mortal hub that reads a location of the simulated Apple again and again.</summary>
internal sealed class RefetchCrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly LoadBalancer balancer;
    private AppleLibrary? library;

    private RefetchCrashScene(SimulatedApple apple, MortalHub hub, LoadBalancer balancer, TemporaryFolder folder)
    {
        this.balancer = balancer;
        this.folder = folder;
        Apple = apple;
        Hub = hub;
        Library = apple.AddLocation();
    }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Library { get; }

    public MortalHub Hub { get; }

    public static async Task<RefetchCrashScene> BeginAsync(int seed)
    {
        var options = new SimulatedAppleOptions
        {
            Seed = seed,
            PageSize = 40,
            // What is compared is Apple's state, so none of its notifications may be given up.
            Delivery = new() { RetryDelays = [.. Enumerable.Repeat(TimeSpan.FromSeconds(1), 60)] },
        };
        var folder = new TemporaryFolder();
        var apple = await SimulatedApple.StartAsync(options);
        var hub = new MortalHub(
            folder.Path,
            $"Apple:BaseUrl={apple.BaseUrl}",
            "Storage:LeaseDuration=00:00:03",
            "Refetch:QuietPeriod=00:00:00.200",
            "Refetch:InitialMaxWait=00:00:01",
            "Refetch:LongestMaxWait=00:00:02",
            "Refetch:RequestsPerSecond=10"
        );
        var scene = new RefetchCrashScene(apple, hub, await LoadBalancer.StartAsync(hub.Door), folder);
        try
        {
            await hub.StartAsync();
            scene.library = await AppleLibrary.RegisterAsync(hub.Database, apple, scene.Library, scene.balancer.Url);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the hub has read all that changed, and compares what it and its consumers believe with Apple.</summary>
    public async Task EndAsync()
    {
        await Apple.WaitUntilDeliveredAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await Hub.RestAsync(library!.IsReadAsync);

        await library.ShouldBeKnownAsync(await Hub.Door.Url);
        Hub.Feed.Changed.ShouldBeEmpty();
        Hub.Cursors.Faults.ShouldBeEmpty();
        Apple.Violations.ShouldBeEmpty();
        await Hub.Database.ShouldBeIntactAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Apple.DisposeAsync();
        await Hub.DisposeAsync();
        await balancer.DisposeAsync();
        folder.Dispose();
    }
}
