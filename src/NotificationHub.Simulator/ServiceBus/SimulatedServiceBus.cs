using System.Net;
using System.Threading.Channels;
using System.Xml;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>
/// A Service Bus namespace on a free port of the loopback address, reached by Service Bus's HTTP interface, with the
/// topics and subscriptions of <c>topics.json</c>. It refuses what Service Bus would refuse, and keeps a list of it.
/// </summary>
internal sealed class SimulatedServiceBus : IAsyncDisposable
{
    private readonly SimulatedServiceBusOptions options;
    private readonly ServiceBusRequests requests;
    private WebApplication? listener;
    private int port;

    private SimulatedServiceBus(SimulatedServiceBusOptions options)
    {
        this.options = options;
        Faults = new SimulatedServiceBusFaults(options.Seed);
        Topics = CreateTopics(Topology.Load(), options, Violations);
        requests = new ServiceBusRequests(Topics, options, Faults, Violations);
    }

    public Uri Endpoint => new($"http://127.0.0.1:{port}/");

    public string ConnectionString =>
        $"Endpoint={Endpoint};SharedAccessKeyName={options.KeyName};SharedAccessKey={options.Key}";

    public TimeProvider Time => options.TimeProvider;

    public IReadOnlyList<SimulatedTopic> Topics { get; }

    public SimulatedServiceBusFaults Faults { get; }

    public Violations Violations { get; } = new();

    public static async Task<SimulatedServiceBus> StartAsync(
        SimulatedServiceBusOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var bus = new SimulatedServiceBus(options ?? new SimulatedServiceBusOptions());
        await bus.ListenAsync(cancellationToken);
        return bus;
    }

    public SimulatedTopic Topic(string name) => Topics.Single(topic => topic.Name == name);

    public SimulatedSubscription Subscription(string topic, string subscription) =>
        Topic(topic).Subscription(subscription)
        ?? throw new ArgumentException($"Topic {topic} has no subscription {subscription}.", nameof(subscription));

    /// <summary>All that ever arrived at the subscription, in order.</summary>
    public IReadOnlyList<BusMessage> Messages(string topic, string subscription) =>
        Subscription(topic, subscription).Messages;

    /// <inheritdoc cref="SimulatedSubscription.Tap"/>
    public ChannelReader<BusMessage> Tap(string topic, string subscription) => Subscription(topic, subscription).Tap();

    /// <summary>Refuses connections; what was accepted stays.</summary>
    public async Task StopListeningAsync(CancellationToken cancellationToken)
    {
        if (listener is { } stopped)
        {
            listener = null;
            await stopped.StopAsync(cancellationToken);
            await stopped.DisposeAsync();
        }
    }

    /// <summary>Listens again, on the port that it had.</summary>
    public Task ResumeListeningAsync(CancellationToken cancellationToken) =>
        listener is null ? ListenAsync(cancellationToken) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // Receivers that wait for a message would hold up the end for as long as they may wait.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await StopListeningAsync(now.Token);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        listener = builder.Build();
        listener.Run((HttpContext context) => requests.HandleAsync(context));
        await listener.StartAsync(cancellationToken);
        port = new Uri(listener.Urls.Single()).Port;
    }

    private static SimulatedTopic[] CreateTopics(
        Topology topology,
        SimulatedServiceBusOptions options,
        Violations violations
    )
    {
        var settings = topology.Settings(options);
        var window = options.DuplicateDetectionWindow ?? XmlConvert.ToTimeSpan(topology.DuplicateDetectionWindow);
        return
        [
            .. topology.Topics.Select(topic => new SimulatedTopic(
                topic.Name,
                window,
                options.KeepHistory,
                [
                    .. topic.Subscriptions.Select(subscription => new SimulatedSubscription(
                        subscription.Name,
                        topology.RulesOf(subscription.Name),
                        settings,
                        options.TimeProvider
                    )),
                ],
                violations
            )),
        ];
    }
}
