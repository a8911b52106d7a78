namespace NotificationHub.Simulator.ServiceBus;

/// <summary>A subscription's messages, or its dead letters, with their locks.</summary>
/// <param name="settings">How long locks hold and how often a message is delivered.</param>
/// <param name="time">Ends locks and lives.</param>
/// <param name="deadLetter">Takes what was delivered too often or lived too long; null for the dead letters themselves.</param>
internal sealed class MessageQueue(
    SubscriptionSettings settings,
    TimeProvider time,
    Action<BusMessage, string>? deadLetter = null
)
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<QueuedMessage, long> available = new();
    private readonly Dictionary<Guid, QueuedMessage> locked = [];

    // Locks last equally long, so they end in the order of their taking; a renewed one stands here again.
    private readonly Queue<(Guid Token, DateTimeOffset Until)> lockEnds = new();
    private TaskCompletionSource? changed;
    private long lastSequenceNumber;

    /// <summary>Messages that wait or are locked.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return available.Count + locked.Count;
            }
        }
    }

    public void Enqueue(BusMessage message)
    {
        lock (gate)
        {
            var lifetime =
                message.TimeToLive is { } ttl && ttl < settings.DefaultTimeToLive ? ttl : settings.DefaultTimeToLive;
            MakeAvailable(new QueuedMessage(message, ++lastSequenceNumber, message.EnqueuedAt + lifetime));
        }
    }

    /// <summary>Takes the first message, and waits for one up to <paramref name="wait"/>.</summary>
    public async Task<ReceivedMessage?> ReceiveAsync(bool peekLock, TimeSpan wait, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + wait;
        while (true)
        {
            var (received, next, pause) = TryReceive(peekLock, until);
            if (received is not null || pause <= TimeSpan.Zero)
            {
                return received;
            }

            try
            {
                await next.WaitAsync(pause, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                // Look once more: a lock may have ended, and so may the wait.
            }
        }
    }

    /// <summary>Removes a locked message.</summary>
    public bool Complete(string id, Guid lockToken) => WithLock(id, lockToken, _ => locked.Remove(lockToken));

    /// <summary>Gives a locked message back, to be delivered again at once.</summary>
    public bool Unlock(string id, Guid lockToken) =>
        WithLock(
            id,
            lockToken,
            message =>
            {
                locked.Remove(lockToken);
                GiveBack(message);
            }
        );

    public bool Renew(string id, Guid lockToken) => WithLock(id, lockToken, message => Hold(message, lockToken));

    private bool WithLock(string id, Guid lockToken, Action<QueuedMessage> act)
    {
        lock (gate)
        {
            EndLocks();
            if (!locked.TryGetValue(lockToken, out var message))
            {
                return false;
            }

            if (id != message.Message.MessageId && id != message.SequenceNumber.ToString())
            {
                return false;
            }

            act(message);
            return true;
        }
    }

    private (ReceivedMessage? Received, Task Changed, TimeSpan Pause) TryReceive(bool peekLock, DateTimeOffset until)
    {
        lock (gate)
        {
            EndLocks();
            if (TakeLiving() is { } message)
            {
                return (Deliver(message, peekLock), Task.CompletedTask, TimeSpan.Zero);
            }

            var wake = lockEnds.TryPeek(out var first) && first.Until < until ? first.Until : until;
            changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (null, changed.Task, wake - time.GetUtcNow());
        }
    }

    private ReceivedMessage Deliver(QueuedMessage message, bool peekLock)
    {
        message.DeliveryCount++;
        var token = Guid.Empty;
        if (peekLock)
        {
            token = Guid.NewGuid();
            Hold(message, token);
        }

        return new(message.Message, message.SequenceNumber, message.DeliveryCount, token, message.LockedUntil);
    }

    private void Hold(QueuedMessage message, Guid token)
    {
        message.LockedUntil = time.GetUtcNow() + settings.LockDuration;
        locked[token] = message;
        lockEnds.Enqueue((token, message.LockedUntil));
    }

    private void EndLocks()
    {
        var now = time.GetUtcNow();
        while (lockEnds.TryPeek(out var end) && end.Until <= now)
        {
            lockEnds.Dequeue();
            if (locked.TryGetValue(end.Token, out var message) && message.LockedUntil <= now)
            {
                locked.Remove(end.Token);
                GiveBack(message);
            }
        }
    }

    private void GiveBack(QueuedMessage message)
    {
        if (deadLetter is not null && message.DeliveryCount >= settings.MaxDeliveryCount)
        {
            deadLetter(message.Message, "MaxDeliveryCountExceeded");
            return;
        }

        MakeAvailable(message);
    }

    private QueuedMessage? TakeLiving()
    {
        while (available.TryDequeue(out var message, out _))
        {
            if (deadLetter is null || message.ExpiresAt > time.GetUtcNow())
            {
                return message;
            }

            if (settings.DeadLettersExpired)
            {
                deadLetter(message.Message, "TTLExpiredException");
            }
        }

        return null;
    }

    private void MakeAvailable(QueuedMessage message)
    {
        available.Enqueue(message, message.SequenceNumber);
        changed?.SetResult();
        changed = null;
    }
}
