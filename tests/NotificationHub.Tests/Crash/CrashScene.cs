using NotificationHub.LocalBus;
using NotificationHub.Tests.CommandLine;

namespace NotificationHub.Tests.Crash;

/// <summary>A mortal hub under load, before the local Service Bus.</summary>
internal sealed class CrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private Poster? poster;

    private CrashScene(LocalServiceBus bus)
    {
        Bus = bus;
        Hub = new MortalHub(
            folder.Path,
            $"ServiceBus:ConnectionString={bus.ConnectionString}",
            "ServiceBus:SendTimeout=00:00:02",
            "Storage:LeaseDuration=00:00:06"
        );
    }

    public LocalServiceBus Bus { get; }

    public MortalHub Hub { get; }

    public Poster Poster => poster!;

    /// <summary>The first life: registers the location, and begins the load.</summary>
    public static async Task<CrashScene> BeginAsync(int seed)
    {
        var scene = new CrashScene(await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Seed = seed }));
        try
        {
            var url = await scene.Hub.StartAsync();
            var (path, secret) = await AddLocationAsync(scene.Hub.Database, url);
            scene.poster = new Poster(Load.Steady, new PostSource(seed), path, secret, scene.Hub.Door);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <returns>The path to post to, and the secret.</returns>
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

    /// <summary>Ends the load, waits until everything has gone its way, and looks at what is there.</summary>
    public async Task EndAsync()
    {
        await Poster.StopAsync();
        await Hub.RestAsync(Hub.Database.IsDrainedAsync);
        await new Aftermath(Hub.Database, Poster, Bus, Hub.Feed).ShouldBeWholeAsync();
        Hub.Cursors.Faults.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (poster is not null)
        {
            await poster.DisposeAsync();
        }

        await Hub.DisposeAsync();
        await Bus.DisposeAsync();
        folder.Dispose();
    }
}
