using System.Globalization;
using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Samples;

/// <summary>A hub with a registered location, between a simulated Apple and a local Service Bus that fail at times.</summary>
public sealed class SampleScene : IAsyncLifetime
{
    private const int AppsPerBurst = 3;
    private const int Devices = 200;

    private readonly TemporaryFolder folder = new();
    private SimulatedApple apple = null!;
    private LocalServiceBus bus = null!;
    private RunningHub hub = null!;
    private SimulatedLocation location = null!;
    private int apps;

    public string HubUrl => hub.Url.ToString();

    public string LocationId { get; private set; } = "";

    public string ConnectionString => bus.ConnectionString;

    /// <summary>The assets and assignments at Apple.</summary>
    public IReadOnlyList<string> State => ConsumerCopy.LinesOf(location.ExportState());

    public string File(string name) => folder.File(name);

    public async ValueTask InitializeAsync()
    {
        apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                Delivery = new SimulatedDeliveryOptions
                {
                    // Apple's minute takes a second.
                    DeliverySpeed = 60,
                    SpreadOver = TimeSpan.FromMinutes(1),
                    DuplicateFraction = 0.05,
                    ReorderWindow = 50,
                },
            }
        );
        bus = await LocalServiceBus.StartAsync();
        hub = await RunningHub.StartAsync(
            folder.Path,
            apple,
            bus,
            CancellationToken.None,
            "--Refetch:RequestsPerSecond=12",
            "--Refetch:QuietPeriod=00:00:00.5",
            "--Refetch:InitialMaxWait=00:00:02"
        );
        location = apple.AddLocation();
        LocationId = await hub.RegisterAsync(location, relay: false, CancellationToken.None);
        apple.Faults.RandomFraction = 0.05;
        bus.Faults.InternalErrorShare = 0.05;
        bus.Faults.LostResponseShare = 0.05;
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await apple.DisposeAsync();
        await bus.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Assigns new apps to many devices.</summary>
    public async Task BurstAsync()
    {
        string[] added =
        [
            .. Enumerable
                .Range(apps, AppsPerBurst)
                .Select(app => (361304891 + app).ToString(CultureInfo.InvariantCulture)),
        ];
        apps += AppsPerBurst;
        foreach (var app in added)
        {
            location.AddAsset(app, total: Devices);
        }

        await location.AssociateAsync(added, [.. Enumerable.Range(0, Devices).Select(device => $"C02{device:X9}")]);
    }

    /// <summary>Takes the last app from two devices.</summary>
    public Task ChangeAsync() =>
        location.DisassociateAsync(
            [(361304890 + apps).ToString(CultureInfo.InvariantCulture)],
            ["C02000000000", "C02000000001"]
        );

    internal async Task SendAsync(SampleConsumer consumer, string body)
    {
        await using var client = new ServiceBusClient(ConnectionString);
        var message = new ServiceBusMessage(body)
        {
            SessionId = LocationId,
            // The JavaScript SDK cannot settle a message without an ID.
            MessageId = Guid.NewGuid().ToString(),
        };
        message.ApplicationProperties["audience"] = consumer.Subscription;
        await using var sender = client.CreateSender("assets");
        await sender.SendMessageAsync(message);
    }

    internal async Task UntilDeadLetteredAsync(SampleConsumer consumer)
    {
        await using var client = new ServiceBusClient(ConnectionString);
        await using var receiver = client.CreateReceiver(
            "assets",
            consumer.Subscription,
            new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter }
        );
        var message = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(30));
        message.ShouldNotBeNull(consumer.Errors).DeadLetterReason.ShouldBe("Unreadable");
    }
}
