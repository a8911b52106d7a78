using NotificationHub.LocalBus;
using NotificationHub.Tests.CommandLine;

namespace NotificationHub.Tests.Crash;

/// <summary>A killable hub under load that publishes to the local Service Bus.</summary>
internal sealed class CrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private NotificationSender? sender;

    private CrashScene(LocalServiceBus bus)
    {
        Bus = bus;
        Hub = new KillableHub(
            folder.Path,
            $"ServiceBus:ConnectionString={bus.ConnectionString}",
            "ServiceBus:SendTimeout=00:00:02",
            "Storage:LeaseDuration=00:00:06"
        );
    }

    public LocalServiceBus Bus { get; }

    public KillableHub Hub { get; }

    public NotificationSender Sender => sender!;

    /// <summary>Starts the hub, registers a location and starts the load.</summary>
    public static async Task<CrashScene> BeginAsync(int seed)
    {
        var scene = new CrashScene(await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Seed = seed }));
        try
        {
            var url = await scene.Hub.StartAsync();
            var (path, secret) = await AddLocationAsync(scene.Hub.Database, url);
            scene.sender = new NotificationSender(
                LoadProfile.Steady,
                new NotificationGenerator(seed),
                path,
                secret,
                scene.Hub.Endpoint
            );
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <returns>The path of the notification URL, and the secret.</returns>
    public static async Task<(string Path, string Secret)> AddLocationAsync(HubDatabase database, Uri hub)
    {
        var run = await CommandRun.OnAsync(
            database.Store,
            "locations",
            "add",
            "--receive-only",
            $"--url={hub}",
            "--json"
        );
        run.ExitCode.ShouldBe(0, run.Error);
        var url = new Uri(run.Json.GetProperty("location").GetProperty("notificationUrl").GetString()!);
        return (url.AbsolutePath, run.Json.GetProperty("notificationAuthToken").GetString()!);
    }

    /// <summary>Stops the load, waits until all events are published and checks the result.</summary>
    public async Task EndAsync()
    {
        await Sender.StopAsync();
        await Hub.WaitUntilAsync(Hub.Database.IsDrainedAsync);
        await new ConsistencyCheck(Hub.Database, Sender, Bus, Hub.Feed).ShouldBeConsistentAsync();
        Hub.Cursors.Violations.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (sender is not null)
        {
            await sender.DisposeAsync();
        }

        await Hub.DisposeAsync();
        await Bus.DisposeAsync();
        folder.Dispose();
    }
}
