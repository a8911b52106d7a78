using System.Threading.Channels;
using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>A subscription with its messages and dead letters.</summary>
public sealed class LocalSubscription
{
    private readonly Lock gate = new();
    private readonly List<BusMessage> history = [];
    private readonly bool keepHistory;
    private volatile SubscriptionRule[] rules;
    private Channel<BusMessage>? tap;
    private long enqueued;
    private long deadLettered;

    internal LocalSubscription(
        string name,
        IEnumerable<SubscriptionRule> rules,
        QueueSettings settings,
        LocalServiceBusOptions options
    )
    {
        Name = name;
        this.rules = [.. rules];
        keepHistory = options.KeepHistory;
        DeadLetters = new MessageQueue(settings with { RequiresSession = false }, options.TimeProvider, null);
        Queue = new MessageQueue(settings, options.TimeProvider, DeadLetter);
    }

    /// <summary>The subscription's name.</summary>
    public string Name { get; }

    /// <summary>Whether receivers take one session at a time.</summary>
    public bool RequiresSession => Queue.Settings.RequiresSession;

    /// <summary>Messages that arrived.</summary>
    public long Enqueued => Interlocked.Read(ref enqueued);

    /// <summary>Deliveries to receivers, including repeated ones.</summary>
    public long Delivered => Queue.Delivered;

    /// <summary>Messages that receivers completed, or deleted on receipt.</summary>
    public long Completed => Queue.Completed;

    /// <summary>Messages that became dead letters.</summary>
    public long DeadLettered => Interlocked.Read(ref deadLettered);

    /// <summary>Messages in the queue, including locked and deferred ones.</summary>
    public int QueueCount => Queue.Count;

    /// <summary>Messages in the dead-letter queue.</summary>
    public int DeadLetterCount => DeadLetters.Count;

    /// <summary>Everything that arrived, in order, unless <see cref="LocalServiceBusOptions.KeepHistory"/> is off.</summary>
    public IReadOnlyList<BusMessage> Messages
    {
        get
        {
            lock (gate)
            {
                return [.. history];
            }
        }
    }

    internal MessageQueue Queue { get; }

    internal MessageQueue DeadLetters { get; }

    internal IReadOnlyList<SubscriptionRule> Rules => rules;

    internal long SizeInBytes => Queue.SizeInBytes + DeadLetters.SizeInBytes;

    /// <summary>From now on, writes what arrives to this reader instead of the queue: a fast subscriber inside the process.</summary>
    public ChannelReader<BusMessage> Tap()
    {
        lock (gate)
        {
            tap ??= Channel.CreateUnbounded<BusMessage>();
            return tap.Reader;
        }
    }

    /// <summary>Stores a message that a rule matches. The topic calls this for one message after the other.</summary>
    internal void Offer(BusMessage message)
    {
        if (!Array.Exists(rules, rule => rule.Filter.Matches(message)))
        {
            return;
        }

        Interlocked.Increment(ref enqueued);
        lock (gate)
        {
            if (keepHistory)
            {
                history.Add(message);
            }

            if (tap is not null)
            {
                tap.Writer.TryWrite(message);
                return;
            }
        }

        Queue.Enqueue(message);
    }

    internal void AddRule(SubscriptionRule rule)
    {
        lock (gate)
        {
            if (Array.Exists(rules, existing => IsNamed(existing, rule.Name)))
            {
                throw new AmqpException(AmqpConditions.EntityAlreadyExists, $"The rule '{rule.Name}' already exists.");
            }

            rules = [.. rules, rule];
        }
    }

    internal void RemoveRule(string name)
    {
        lock (gate)
        {
            if (!Array.Exists(rules, rule => IsNamed(rule, name)))
            {
                throw new AmqpException(AmqpConditions.NotFound, $"The rule '{name}' does not exist.");
            }

            rules = [.. rules.Where(rule => !IsNamed(rule, name))];
        }
    }

    internal void Dispose()
    {
        Queue.Dispose();
        DeadLetters.Dispose();
    }

    private static bool IsNamed(SubscriptionRule rule, string name) =>
        rule.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private void DeadLetter(BusMessage message, string reason, string? description)
    {
        Interlocked.Increment(ref deadLettered);
        var properties = new Dictionary<string, object> { ["DeadLetterReason"] = reason };
        if (description is not null)
        {
            properties["DeadLetterErrorDescription"] = description;
        }

        DeadLetters.Enqueue(message.With(properties));
    }
}
