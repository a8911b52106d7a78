using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Crash;

/// <summary>One of several hubs on one database, which can be killed, paused and disconnected.</summary>
internal sealed class Replica : IAsyncDisposable
{
    /// <summary>A hub does not start while the database is locked; the container platform restarts it.</summary>
    private const int StartAttempts = 20;

    private readonly string folder;
    private readonly List<TcpProxy> proxies;
    private readonly List<string> settings;
    private HubProcess? process;

    public Replica(string folder, HubDatabase database, LocalServiceBus bus, SimulatedApple apple)
    {
        this.folder = folder;
        var toBus = new TcpProxy(bus.Endpoint.Host, bus.Endpoint.Port);
        var toApple = new TcpProxy(apple.BaseUrl.Host, apple.BaseUrl.Port);
        var toDatabase = database.Server is { } server ? new TcpProxy(server.Host, server.Port) : null;
        proxies = [toBus, toApple, .. toDatabase is null ? Array.Empty<TcpProxy>() : [toDatabase]];
        var connection = bus.ConnectionString.Replace(
            $":{bus.Endpoint.Port};",
            $":{toBus.Port};",
            StringComparison.Ordinal
        );
        settings =
        [
            .. database.Settings(toDatabase),
            $"Storage:LeaseDuration={LeaseDuration}",
            // Longer than the test blocks writes.
            "Storage:LockTimeout=00:00:05",
            $"ServiceBus:ConnectionString={connection}",
            "ServiceBus:SendTimeout=00:00:02",
            $"Apple:BaseUrl={toApple.ThroughProxy(apple.BaseUrl)}",
            "Refetch:QuietPeriod=00:00:00.200",
            "Refetch:InitialMaxWait=00:00:01",
            "Refetch:LongestMaxWait=00:00:02",
            "Refetch:StaleReadDelay=00:00:02",
            "Refetch:RequestsPerSecond=10",
            "Relay:Timeout=00:00:01",
        ];
    }

    public static TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(5);

    public HubEndpoint Endpoint { get; } = new();

    /// <summary>How many times the process exited during startup.</summary>
    public int FailedStarts { get; private set; }

    /// <summary>The last lines that the process printed.</summary>
    public string Output => process?.Output ?? "";

    /// <summary>Whether the owner of a lease is this process.</summary>
    public bool IsOwner(string owner) => owner.Split(':') is [_, var id, _] && id == $"{process?.Id}";

    public async Task StartAsync()
    {
        while (process is null)
        {
            process = HubProcess.Start(folder, settings);
            try
            {
                Endpoint.Open(await process.StartedAsync());
            }
            catch (InvalidOperationException) when (++FailedStarts < StartAttempts)
            {
                await process.DisposeAsync();
                process = null;
            }
        }
    }

    public async Task KillAndRestartAsync(TimeSpan downtime)
    {
        Endpoint.Close();
        await process!.DisposeAsync();
        process = null;
        await Task.Delay(downtime);
        await StartAsync();
    }

    /// <summary>Pauses the process. Its endpoint stays open, so deliveries to it time out.</summary>
    public void Pause() => process!.Pause();

    public void Resume() => process!.Resume();

    /// <summary>Breaks the connections to the bus, Apple and the database server.</summary>
    public async Task DisconnectAsync(TimeSpan length)
    {
        proxies.ForEach(proxy => proxy.Disconnect());
        await Task.Delay(length);
        proxies.ForEach(proxy => proxy.Reconnect());
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        foreach (var proxy in proxies)
        {
            await proxy.DisposeAsync();
        }
    }
}
