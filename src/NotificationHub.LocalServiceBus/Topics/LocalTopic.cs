using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <summary>A topic: accepts messages, drops duplicates and offers the others to its subscriptions.</summary>
public sealed class LocalTopic
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> bodies = [];
    private readonly Queue<(DateTimeOffset At, string MessageId)> remembered = new();
    private readonly List<TopicSend> sends = [];
    private readonly bool keepHistory;
    private readonly ViolationCollection violations;
    private readonly TimeProvider time;
    private volatile LocalSubscription[] subscriptions;
    private long accepted;
    private long duplicates;

    internal LocalTopic(
        string name,
        TimeSpan window,
        IEnumerable<LocalSubscription> subscriptions,
        LocalServiceBusOptions options,
        ViolationCollection violations
    )
    {
        (Name, DuplicateDetectionWindow) = (name, window);
        this.subscriptions = [.. subscriptions];
        (keepHistory, time, this.violations) = (options.KeepHistory, options.TimeProvider, violations);
        MaxSizeInBytes = options.MaxTopicBytes;
        Scheduled = new ScheduledMessages(time, message => Publish([message], time.GetUtcNow()));
    }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Its subscriptions.</summary>
    public IReadOnlyList<LocalSubscription> Subscriptions => subscriptions;

    /// <summary>Stored messages, without duplicates.</summary>
    public long Accepted => Interlocked.Read(ref accepted);

    /// <summary>Messages that duplicate detection dropped. Service Bus confirms them to the sender.</summary>
    public long Duplicates => Interlocked.Read(ref duplicates);

    /// <summary>Size of the messages and dead letters of all subscriptions; each subscription has its own copies.</summary>
    public long SizeInBytes => subscriptions.Sum(subscription => subscription.SizeInBytes);

    /// <summary>Message IDs of each send, including duplicates, in order; empty if <see cref="LocalServiceBusOptions.KeepHistory"/> is off.</summary>
    public IReadOnlyList<TopicSend> Sends
    {
        get
        {
            lock (gate)
            {
                return [.. sends];
            }
        }
    }

    internal TimeSpan DuplicateDetectionWindow { get; }

    internal long MaxSizeInBytes { get; }

    internal bool IsFull => SizeInBytes >= MaxSizeInBytes;

    internal ScheduledMessages Scheduled { get; }

    /// <summary>The subscription of that name, or null.</summary>
    public LocalSubscription? Subscription(string name) =>
        Array.Find(subscriptions, candidate => candidate.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Stores a send. Scheduled messages become available later.</summary>
    internal void Accept(IReadOnlyList<BusMessage> messages)
    {
        var now = time.GetUtcNow();
        if (keepHistory)
        {
            lock (gate)
            {
                sends.Add(new TopicSend(now, [.. messages.Select(message => message.MessageId)]));
            }
        }

        var due = messages;
        if (messages.Any(message => message.ScheduledAt > now))
        {
            due = [.. messages.Where(message => !(message.ScheduledAt > now))];
            foreach (var message in messages.Except(due))
            {
                Scheduled.Add(message, message.ScheduledAt!.Value);
            }
        }

        Publish(due, now);
    }

    internal void Add(LocalSubscription subscription)
    {
        lock (gate)
        {
            if (Subscription(subscription.Name) is not null)
            {
                throw new AmqpException(
                    AmqpConditions.EntityAlreadyExists,
                    $"Topic '{Name}' already has a subscription '{subscription.Name}'."
                );
            }

            subscriptions = [.. subscriptions, subscription];
        }
    }

    internal void Remove(LocalSubscription subscription)
    {
        lock (gate)
        {
            subscriptions = [.. subscriptions.Where(existing => existing != subscription)];
        }

        subscription.Dispose();
    }

    internal void Dispose()
    {
        Scheduled.Dispose();
        foreach (var subscription in subscriptions)
        {
            subscription.Dispose();
        }
    }

    private void Publish(IReadOnlyList<BusMessage> messages, DateTimeOffset now)
    {
        lock (gate)
        {
            Forget(now - DuplicateDetectionWindow);
            foreach (var message in messages)
            {
                if (IsDuplicate(message, now))
                {
                    Interlocked.Increment(ref duplicates);
                    continue;
                }

                Interlocked.Increment(ref accepted);
                var stored = message with { EnqueuedAt = now };
                foreach (var subscription in subscriptions)
                {
                    subscription.Offer(stored);
                }
            }
        }
    }

    private bool IsDuplicate(BusMessage message, DateTimeOffset now)
    {
        if (message.MessageId.Length == 0)
        {
            return false;
        }

        var hash = new HashCode();
        hash.AddBytes(message.Body.Span);
        var body = hash.ToHashCode();
        if (bodies.TryAdd(message.MessageId, body))
        {
            remembered.Enqueue((now, message.MessageId));
            return false;
        }

        // Service Bus drops the second message and confirms it.
        if (bodies[message.MessageId] != body)
        {
            violations.Add($"{Name}: the message ID {message.MessageId} was sent again with another body.");
        }

        return true;
    }

    private void Forget(DateTimeOffset before)
    {
        while (remembered.TryPeek(out var oldest) && oldest.At <= before)
        {
            bodies.Remove(remembered.Dequeue().MessageId);
        }
    }
}

/// <summary>One accepted send.</summary>
/// <param name="At">When the topic accepted it.</param>
/// <param name="MessageIds">IDs of its messages.</param>
public sealed record TopicSend(DateTimeOffset At, IReadOnlyList<string> MessageIds);
