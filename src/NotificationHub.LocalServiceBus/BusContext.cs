using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>State that the links of a namespace share.</summary>
internal sealed class BusContext
{
    public BusContext(LocalServiceBusOptions options)
    {
        Options = options;
        Topology = options.Topology ?? Topology.Default();
        Faults = new LocalServiceBusFaults(options.Seed);
        Topics =
        [
            .. Topology.Topics.Select(topic => new LocalTopic(
                topic.Name,
                Topology.Window(options),
                topic.Subscriptions.Select(subscription => new LocalSubscription(
                    subscription.Name,
                    Topology.RulesOf(subscription),
                    Topology.Settings(options, subscription.RequiresSession),
                    options
                )),
                options,
                Violations
            )),
        ];
    }

    public LocalServiceBusOptions Options { get; }

    public Topology Topology { get; }

    public IReadOnlyList<LocalTopic> Topics { get; }

    public LocalServiceBusFaults Faults { get; }

    public ViolationCollection Violations { get; } = new();

    public LocalTopic Topic(string name) =>
        Topics.FirstOrDefault(topic => topic.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new AmqpException(
            AmqpConditions.NotFound,
            $"The messaging entity '{name}' could not be found. Check the topic's name."
        );

    public LocalSubscription Subscription(string topic, string name) =>
        Topic(topic).Subscription(name)
        ?? throw new AmqpException(
            AmqpConditions.NotFound,
            $"The messaging entity '{topic}/subscriptions/{name}' could not be found. Check the subscription's name."
        );

    public MessageQueue Queue(BusAddress entity)
    {
        var subscription = Subscription(
            entity.Topic,
            entity.Subscription ?? throw new AmqpException(AmqpConditions.NotAllowed, "Receive from a subscription.")
        );
        return entity.IsDeadLetter ? subscription.DeadLetters : subscription.Queue;
    }
}
