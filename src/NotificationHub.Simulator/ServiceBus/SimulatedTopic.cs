namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Accepts messages, drops repeated ones and hands the others to its subscriptions.</summary>
/// <param name="name">The topic's name.</param>
/// <param name="window">How long a message id is remembered.</param>
/// <param name="keepHistory">Whether all sends are kept.</param>
/// <param name="subscriptions">Those who get a share.</param>
/// <param name="violations">Takes the news of an id that came back with another body.</param>
internal sealed class SimulatedTopic(
    string name,
    TimeSpan window,
    bool keepHistory,
    IReadOnlyList<SimulatedSubscription> subscriptions,
    Violations violations
)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> bodies = [];
    private readonly Queue<(DateTimeOffset At, string MessageId)> remembered = new();
    private readonly List<TopicSend> sends = [];
    private long accepted;
    private long duplicates;

    public string Name => name;

    public IReadOnlyList<SimulatedSubscription> Subscriptions => subscriptions;

    /// <summary>Messages stored; repeated ones are not among them.</summary>
    public long Accepted => Interlocked.Read(ref accepted);

    /// <summary>Messages that duplicate detection dropped, which Service Bus tells nobody.</summary>
    public long Duplicates => Interlocked.Read(ref duplicates);

    /// <summary>What each send brought, repeated messages included, in the order of arrival; none where no history is kept.</summary>
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

    public SimulatedSubscription? Subscription(string subscription) =>
        subscriptions.FirstOrDefault(candidate =>
            candidate.Name.Equals(subscription, StringComparison.OrdinalIgnoreCase)
        );

    public void Accept(List<BusMessage> messages, DateTimeOffset now)
    {
        lock (gate)
        {
            Forget(now - window);
            if (keepHistory)
            {
                sends.Add(new TopicSend(now, [.. messages.Select(message => message.MessageId)]));
            }

            foreach (var message in messages)
            {
                if (IsDuplicate(message, now))
                {
                    Interlocked.Increment(ref duplicates);
                    continue;
                }

                Interlocked.Increment(ref accepted);
                foreach (var subscription in subscriptions)
                {
                    subscription.Offer(message);
                }
            }
        }
    }

    private bool IsDuplicate(BusMessage message, DateTimeOffset now)
    {
        var hash = new HashCode();
        hash.AddBytes(message.Body.Span);
        var body = hash.ToHashCode();
        if (bodies.TryAdd(message.MessageId, body))
        {
            remembered.Enqueue((now, message.MessageId));
            return false;
        }

        // Service Bus would lose the second one without a word.
        if (bodies[message.MessageId] != body)
        {
            violations.Add($"{name}: the message id {message.MessageId} came back with another body.");
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

/// <summary>One accepted request.</summary>
internal sealed record TopicSend(DateTimeOffset At, IReadOnlyList<string> MessageIds);
