using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Samples;

/// <summary>A hub with a registered location, between a simulated Apple and a local Service Bus that fail at times.</summary>
public sealed class SampleScene : IAsyncLifetime
{
    private const int AppsPerBurst = 3;
    private const int Devices = 200;
    private const string Topic = "assets";

    private readonly TemporaryFolder folder = new();
    private SimulatedApple apple = null!;
    private LocalServiceBus bus = null!;
    private RunningHub hub = null!;
    private SimulatedLocation location = null!;
    private readonly HttpClient http = new();
    private int apps;
    private int changes;

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
        http.BaseAddress = hub.Url;
        location = apple.AddLocation();
        LocationId = await hub.RegisterAsync(location, relay: false, CancellationToken.None);
        apple.Faults.RandomFraction = 0.05;
        bus.Faults.InternalErrorShare = 0.05;
        bus.Faults.LostResponseShare = 0.05;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
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

    /// <summary>Takes the last app from the next two devices.</summary>
    public Task ChangeAsync() =>
        location.DisassociateAsync(
            [(361304890 + apps).ToString(CultureInfo.InvariantCulture)],
            [$"C02{changes++:X9}", $"C02{changes++:X9}"]
        );

    /// <summary>Waits until the hub has Apple's state, and has published every event.</summary>
    public Task UntilPublishedAsync() =>
        Until.TrueAsync(
            async () => (await ReadSnapshotAsync()).SequenceEqual(State) && await ReadLagAsync() == 0,
            "the hub has published Apple's state"
        );

    /// <summary>Completes the messages that wait for the consumer.</summary>
    internal Task LoseMessagesAsync(SampleConsumer consumer) =>
        Receiver.ReceiveAllAsync(bus, Topic, consumer.Subscription, CancellationToken.None);

    /// <summary>Replays every event to the consumer's subscription, and waits until the replay ends.</summary>
    internal async Task ReplayAsync(SampleConsumer consumer)
    {
        using var started = await http.PostAsJsonAsync(
            "/admin/replays",
            new
            {
                topic = Topic,
                subscription = consumer.Subscription,
                after = 0,
                rate = 1000,
            }
        );
        var replay = (await started.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id");
        await Until.TrueAsync(
            async () =>
                (await http.GetFromJsonAsync<JsonElement>($"/admin/replays/{replay}")).GetProperty("state").GetString()
                == "completed",
            "the replay ends"
        );
    }

    /// <summary>Waits until the consumer has completed every message.</summary>
    internal Task UntilReceivedAsync(SampleConsumer consumer) =>
        Until.TrueAsync(
            () => bus.Subscription(Topic, consumer.Subscription).QueueCount == 0,
            "the consumer has received every message"
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
        await using var sender = client.CreateSender(Topic);
        await sender.SendMessageAsync(message);
    }

    internal async Task UntilDeadLetteredAsync(SampleConsumer consumer)
    {
        await using var client = new ServiceBusClient(ConnectionString);
        await using var receiver = client.CreateReceiver(
            Topic,
            consumer.Subscription,
            new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter }
        );
        var message = await receiver.ReceiveMessageAsync(TimeSpan.FromSeconds(30));
        message.ShouldNotBeNull(consumer.Errors).DeadLetterReason.ShouldBe("Unreadable");
    }

    private async Task<IReadOnlyList<string>> ReadSnapshotAsync()
    {
        List<string> lines = [];
        foreach (var kind in (string[])["asset", "assignment"])
        {
            var text = await http.GetStringAsync($"/snapshot/{LocationId}/{kind}");
            lines.AddRange(
                text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonElement.Parse(line))
                    .Select(line =>
                        SampleConsumer.Line($"{kind}s/{line.GetProperty("key")}", line.GetProperty("record"))
                    )
            );
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private async Task<long> ReadLagAsync() =>
        (await http.GetFromJsonAsync<JsonElement>("/status"))
            .GetProperty("topics")
            .EnumerateArray()
            .Single(topic => topic.GetProperty("topic").GetString() == Topic)
            .GetProperty("lag")
            .GetInt64();
}
