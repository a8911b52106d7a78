using NotificationHub.LocalBus;
using NotificationHub.Simulator.Mdm;
using NotificationHub.Tests.CommandLine;

namespace NotificationHub.Tests.Crash;

/// <summary>A killable hub under load that publishes to the local Service Bus, and may relay to an MDM.</summary>
internal sealed class CrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private NotificationSender? sender;
    private SimulatedMdm? mdm;

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
    /// <param name="relay">Whether an MDM receives the notifications from the hub.</param>
    public static async Task<CrashScene> BeginAsync(int seed, bool relay = false, LoadProfile? load = null)
    {
        var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Seed = seed });
        var scene = new CrashScene(bus);
        try
        {
            var url = await scene.Hub.StartAsync();
            var (path, secret) = await AddLocationAsync(
                scene.Hub.Database,
                url,
                relay ? await scene.AddMdmAsync() : []
            );
            scene.sender = new NotificationSender(
                load ?? LoadProfile.Steady,
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
    public static async Task<(string Path, string Secret)> AddLocationAsync(
        HubDatabase database,
        Uri hub,
        params string[] options
    )
    {
        var run = await CommandRun.OnAsync(
            database.Store,
            ["locations", "add", "--receive-only", $"--url={hub}", "--json", .. options]
        );
        run.ExitCode.ShouldBe(0, run.Error);
        var url = new Uri(run.Json.GetProperty("location").GetProperty("notificationUrl").GetString()!);
        return (url.AbsolutePath, run.Json.GetProperty("notificationAuthToken").GetString()!);
    }

    /// <summary>The figures of the relay; null without one.</summary>
    public string? Relayed { get; private set; }

    /// <summary>Stops the load, waits until all events are published and checks the result.</summary>
    public async Task EndAsync()
    {
        await Sender.StopAsync();
        await Hub.WaitUntilAsync(async () =>
            await Hub.Database.IsDrainedAsync() && (mdm is null || await Hub.Database.IsRelayedAsync())
        );
        await new ConsistencyCheck(Hub.Database, Sender, Bus, Hub.Feed).ShouldBeConsistentAsync();
        if (mdm is not null)
        {
            Relayed = await new RelayCheck(Hub.Database, mdm).ShouldBeCompleteAsync(Sender.LocationId, Hub.Starts);
        }

        Hub.Cursors.Violations.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (sender is not null)
        {
            await sender.DisposeAsync();
        }

        await Hub.DisposeAsync();
        if (mdm is not null)
        {
            await mdm.DisposeAsync();
        }

        await Bus.DisposeAsync();
        folder.Dispose();
    }

    /// <returns>The options of <c>locations add</c>.</returns>
    private async Task<string[]> AddMdmAsync()
    {
        mdm = await SimulatedMdm.StartAsync();
        var file = folder.File("secret-of-the-mdm");
        await File.WriteAllTextAsync(file, mdm.Secret);
        // An MDM on loopback has no certificate.
        return [$"--relay-to={mdm.Url}", $"--relay-secret-file={file}", "--environment=Development"];
    }
}
