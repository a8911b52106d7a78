using Azure.Messaging.ServiceBus;
using NotificationHub.LocalBus;

namespace NotificationHub.Tests.LocalBus;

/// <summary>A local Service Bus on a manual clock, with a client of the official SDK.</summary>
internal sealed class TestBus : IAsyncDisposable
{
    public const string Topic = "hub";
    public const string Name = "operations";
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private TestBus(LocalServiceBus bus, ManualClock clock, TimeSpan tryTimeout)
    {
        (Bus, Clock) = (bus, clock);
        Client = Connect(bus.ConnectionString, tryTimeout);
        Sender = Client.CreateSender(Topic);
    }

    public LocalServiceBus Bus { get; }

    public ManualClock Clock { get; }

    public ServiceBusClient Client { get; }

    public ServiceBusSender Sender { get; }

    public LocalSubscription Subscription => Bus.Subscription(Topic, Name);

    public IEnumerable<string> Received => Subscription.Messages.Select(message => message.MessageId);

    /// <summary>The hub's topics, and the topic <c>ordered</c> with a subscription <c>sessions</c>.</summary>
    public static async Task<TestBus> StartAsync(
        Func<LocalServiceBusOptions, LocalServiceBusOptions>? change = null,
        TimeSpan? tryTimeout = null
    )
    {
        var clock = new ManualClock();
        var hub = Topology.Default();
        var options = new LocalServiceBusOptions
        {
            TimeProvider = clock,
            Topology = hub with
            {
                Topics = [.. hub.Topics, new TopicDeclaration("ordered", [new("sessions", RequiresSession: true)])],
            },
        };
        return new TestBus(
            await LocalServiceBus.StartAsync(change is null ? options : change(options)),
            clock,
            tryTimeout ?? Wait
        );
    }

    public static ServiceBusClient Connect(string connectionString, TimeSpan? tryTimeout = null) =>
        new(
            connectionString,
            new ServiceBusClientOptions
            {
                RetryOptions = new ServiceBusRetryOptions { MaxRetries = 0, TryTimeout = tryTimeout ?? Wait },
            }
        );

    public static ServiceBusMessage Message(string id, string body = "{}", string? session = null) =>
        new(body)
        {
            MessageId = id,
            SessionId = session,
            ApplicationProperties = { ["audience"] = "all" },
        };

    public ServiceBusReceiver Receiver(ServiceBusReceiverOptions? options = null) =>
        Client.CreateReceiver(Topic, Name, options);

    public ServiceBusReceiver DeadLetters() =>
        Receiver(new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter });

    public static async Task<ServiceBusReceivedMessage> NextAsync(ServiceBusReceiver receiver) =>
        (await receiver.ReceiveMessageAsync(Wait)).ShouldNotBeNull();

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Bus.DisposeAsync();
    }
}
