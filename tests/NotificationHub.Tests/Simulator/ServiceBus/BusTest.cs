using NotificationHub.Simulator.ServiceBus;

namespace NotificationHub.Tests.Simulator.ServiceBus;

/// <summary>A simulated bus, a clock and a client for each test.</summary>
public abstract class BusTest : IAsyncLifetime
{
    private SimulatedServiceBus? bus;
    private BusClient? client;

    private protected ManualClock Clock { get; } = new();

    private protected SimulatedServiceBus Bus => bus ?? throw new InvalidOperationException("The bus has not started.");

    private protected BusClient Client => client ?? throw new InvalidOperationException("The bus has not started.");

    private protected virtual SimulatedServiceBusOptions Options => new() { Key = BusClient.Key, TimeProvider = Clock };

    public async Task InitializeAsync()
    {
        bus = await SimulatedServiceBus.StartAsync(Options);
        client = new BusClient(bus, Clock.GetUtcNow());
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Bus.DisposeAsync();
    }
}
