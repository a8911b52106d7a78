using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Crash;

/// <summary>One of several hubs on one database: it can be killed, paused, and cut off from all that it needs.</summary>
internal sealed class Replica : IAsyncDisposable
{
    /// <summary>A hub does not start while the database is locked; the container platform restarts it.</summary>
    private const int StartAttempts = 20;

    private readonly string folder;
    private readonly List<Gate> gates;
    private readonly List<string> settings;
    private HubProcess? process;

    /// <param name="folder">Where it and the others run.</param>
    /// <param name="database">The database of all.</param>
    /// <param name="bus">Where it publishes.</param>
    /// <param name="apple">What it reads.</param>
    public Replica(string folder, HubDatabase database, LocalServiceBus bus, SimulatedApple apple)
    {
        this.folder = folder;
        var toBus = new Gate(bus.Endpoint.Host, bus.Endpoint.Port);
        var toApple = new Gate(apple.BaseUrl.Host, apple.BaseUrl.Port);
        var toDatabase = database.Server is { } server ? new Gate(server.Host, server.Port) : null;
        gates = [toBus, toApple, .. toDatabase is null ? Array.Empty<Gate>() : [toDatabase]];
        var connection = bus.ConnectionString.Replace(
            $":{bus.Endpoint.Port};",
            $":{toBus.Port};",
            StringComparison.Ordinal
        );
        settings =
        [
            .. database.Settings(toDatabase),
            $"Storage:LeaseDuration={LeaseDuration}",
            // Longer than the test itself holds the database.
            "Storage:LockTimeout=00:00:05",
            $"ServiceBus:ConnectionString={connection}",
            "ServiceBus:SendTimeout=00:00:02",
            $"Apple:BaseUrl={toApple.Lead(apple.BaseUrl)}",
            "Refetch:QuietPeriod=00:00:00.200",
            "Refetch:InitialMaxWait=00:00:01",
            "Refetch:LongestMaxWait=00:00:02",
            "Refetch:StaleReadDelay=00:00:02",
            "Refetch:RequestsPerSecond=10",
        ];
    }

    public static TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(5);

    public HubDoor Door { get; } = new();

    /// <summary>How often it ended while it was starting.</summary>
    public int RefusedStarts { get; private set; }

    /// <summary>What it printed last.</summary>
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
                Door.Open(await process.ListeningAsync());
            }
            catch (InvalidOperationException) when (++RefusedStarts < StartAttempts)
            {
                await process.DisposeAsync();
                process = null;
            }
        }
    }

    /// <summary>Is killed, and started again after a while.</summary>
    public async Task DieAsync(TimeSpan gone)
    {
        Door.Close();
        await process!.DisposeAsync();
        process = null;
        await Task.Delay(gone);
        await StartAsync();
    }

    /// <summary>Stands still. Its door stays open: who posts there waits in vain.</summary>
    public void Pause() => process!.Pause();

    public void Resume() => process!.Resume();

    /// <summary>Reaches nothing any more but what is on its own disk.</summary>
    public async Task BeCutOffAsync(TimeSpan length)
    {
        gates.ForEach(gate => gate.Cut());
        await Task.Delay(length);
        gates.ForEach(gate => gate.Repair());
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }

        foreach (var gate in gates)
        {
            await gate.DisposeAsync();
        }
    }
}
