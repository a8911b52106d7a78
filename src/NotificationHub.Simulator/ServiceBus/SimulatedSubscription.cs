using System.Threading.Channels;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>What one subscriber gets of a topic.</summary>
internal sealed class SimulatedSubscription
{
    private readonly Lock gate = new();
    private readonly List<BusMessage> history = [];
    private readonly IReadOnlyList<CorrelationRule> rules;
    private readonly bool keepHistory;
    private Channel<BusMessage>? tap;
    private long enqueued;
    private long delivered;
    private long completed;
    private long deadLettered;

    public SimulatedSubscription(
        string name,
        IReadOnlyList<CorrelationRule> rules,
        SubscriptionSettings settings,
        TimeProvider time
    )
    {
        Name = name;
        this.rules = rules;
        keepHistory = settings.KeepHistory;
        DeadLetters = new MessageQueue(settings, time);
        Queue = new MessageQueue(settings, time, DeadLetter);
    }

    public string Name { get; }

    public MessageQueue Queue { get; }

    public MessageQueue DeadLetters { get; }

    /// <summary>Messages that arrived.</summary>
    public long Enqueued => Interlocked.Read(ref enqueued);

    /// <summary>Deliveries to receivers, repeated ones included.</summary>
    public long Delivered => Interlocked.Read(ref delivered);

    /// <summary>Messages that a receiver has done with.</summary>
    public long Completed => Interlocked.Read(ref completed);

    public long DeadLettered => Interlocked.Read(ref deadLettered);

    /// <summary>All that ever arrived, in order, unless <see cref="SimulatedServiceBusOptions.KeepHistory"/> is off.</summary>
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

    /// <summary>
    /// From now on hands what arrives to this reader instead of the queue: a subscriber inside the process, as fast as
    /// the messages come.
    /// </summary>
    public ChannelReader<BusMessage> Tap()
    {
        lock (gate)
        {
            tap ??= Channel.CreateUnbounded<BusMessage>();
            return tap.Reader;
        }
    }

    /// <summary>Takes a message that one of the rules matches. The topic calls it for one message after the other.</summary>
    public void Offer(BusMessage message)
    {
        if (!rules.Any(rule => rule.Matches(message)))
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

    public async Task<ReceivedMessage?> ReceiveAsync(
        MessageQueue queue,
        bool peekLock,
        TimeSpan wait,
        CancellationToken cancellationToken
    )
    {
        var received = await queue.ReceiveAsync(peekLock, wait, cancellationToken);
        if (received is not null)
        {
            Interlocked.Increment(ref delivered);
            Interlocked.Add(ref completed, peekLock ? 0 : 1);
        }

        return received;
    }

    public bool Complete(MessageQueue queue, string id, Guid lockToken)
    {
        var done = queue.Complete(id, lockToken);
        Interlocked.Add(ref completed, done ? 1 : 0);
        return done;
    }

    private void DeadLetter(BusMessage message, string reason)
    {
        Interlocked.Increment(ref deadLettered);
        DeadLetters.Enqueue(
            message with
            {
                Properties = new Dictionary<string, object>(message.Properties) { ["DeadLetterReason"] = reason },
            }
        );
    }
}
