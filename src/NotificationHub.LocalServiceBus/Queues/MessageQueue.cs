using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.LocalBus;

/// <summary>A subscription's messages, or its dead letters, with locks and sessions.</summary>
/// <remarks>Calls into the AMQP library happen under the lock, so that one receiver gets messages in order.</remarks>
internal sealed partial class MessageQueue : IDisposable
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<long, QueuedMessage> messages = [];
    private readonly Dictionary<Guid, QueuedMessage> locked = [];
    private readonly SortedSet<(DateTimeOffset At, long SequenceNumber)> deadlines = [];
    private readonly MessageLine common = new(null);
    private readonly QueueSettings settings;
    private readonly TimeProvider time;
    private readonly Action<BusMessage, string, string?>? deadLetter;
    private readonly ITimer timer;
    private DateTimeOffset armedFor = DateTimeOffset.MaxValue;
    private long lastSequenceNumber;
    private long delivered;
    private long completed;
    private long size;

    /// <param name="settings">Lock duration, delivery limit and lifetimes.</param>
    /// <param name="time">Clock of locks and lifetimes.</param>
    /// <param name="deadLetter">Takes message, reason and description; null for the dead letters, which never expire.</param>
    public MessageQueue(QueueSettings settings, TimeProvider time, Action<BusMessage, string, string?>? deadLetter)
    {
        (this.settings, this.time, this.deadLetter) = (settings, time, deadLetter);
        timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public QueueSettings Settings => settings;

    /// <summary>Messages in the queue, including locked and deferred ones.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return messages.Count;
            }
        }
    }

    public long SizeInBytes => Interlocked.Read(ref size);

    /// <summary>Deliveries, including repeated ones.</summary>
    public long Delivered => Interlocked.Read(ref delivered);

    /// <summary>Messages that receivers completed, or deleted on receipt.</summary>
    public long Completed => Interlocked.Read(ref completed);

    public void Enqueue(BusMessage message)
    {
        lock (gate)
        {
            if (settings.RequiresSession && string.IsNullOrEmpty(message.SessionId))
            {
                deadLetter?.Invoke(
                    message,
                    "Session ID is null.",
                    "Session enabled entity doesn't allow a message whose session identifier is null."
                );
                return;
            }

            var lifetime =
                message.TimeToLive is { } own && own < settings.DefaultTimeToLive ? own : settings.DefaultTimeToLive;
            var expiresAt = deadLetter is null ? DateTimeOffset.MaxValue : message.EnqueuedAt + lifetime;
            var line = settings.RequiresSession ? Session(message.SessionId!) : common;
            var queued = new QueuedMessage(message, ++lastSequenceNumber, expiresAt, line);
            messages.Add(queued.SequenceNumber, queued);
            line.Count++;
            Interlocked.Add(ref size, queued.SizeInBytes);
            MakeAvailable(queued);
        }
    }

    public void AddReceiver(IMessageReceiver receiver)
    {
        lock (gate)
        {
            common.Receivers.Add(receiver);
            Deliver(common);
        }
    }

    /// <summary>Messages that the receiver holds stay locked, as in Service Bus.</summary>
    public void RemoveReceiver(IMessageReceiver receiver)
    {
        lock (gate)
        {
            common.Receivers.Remove(receiver);
        }
    }

    /// <summary>Sends available messages to the receivers that have credit.</summary>
    public void Deliver(MessageLine? session)
    {
        lock (gate)
        {
            DeliverFrom(session ?? common);
        }
    }

    /// <summary>Ends a lock; false if it has expired.</summary>
    public bool Settle(Guid lockToken, Settlement settlement)
    {
        lock (gate)
        {
            Expire();
            if (!locked.Remove(lockToken, out var queued))
            {
                return false;
            }

            queued.Message = settlement.Changed.Count > 0 ? queued.Message.With(settlement.Changed) : queued.Message;
            switch (settlement)
            {
                case Settlement.Complete:
                    Interlocked.Increment(ref completed);
                    Remove(queued);
                    break;
                case Settlement.Defer:
                    Defer(queued);
                    break;
                case Settlement.DeadLetter dead:
                    DeadLetter(queued, dead.Reason, dead.Description);
                    break;
                case Settlement.Abandon { IsCounted: var isCounted }:
                    queued.DeliveryCount -= isCounted ? 0 : 1;
                    GiveBack(queued);
                    break;
            }

            return true;
        }
    }

    /// <summary>Extends a lock and returns its new end; null if it has expired.</summary>
    public DateTime? Renew(Guid lockToken)
    {
        lock (gate)
        {
            Expire();
            if (!locked.TryGetValue(lockToken, out var queued))
            {
                return null;
            }

            queued.LockedUntil = time.GetUtcNow() + settings.LockDuration;
            Track(queued);
            return OnTheWire(queued.LockedUntil);
        }
    }

    /// <summary>Closes the receivers, whose subscription is deleted.</summary>
    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            foreach (var receiver in common.Receivers.Concat(held.Select(session => session.Owner!)))
            {
                receiver.Close(AmqpConditions.NotFound, "The subscription is deleted.");
            }
        }
    }

    /// <summary>The end of a lock by the clients' clock, which is the system's.</summary>
    private DateTime OnTheWire(DateTimeOffset until) =>
        time == TimeProvider.System
            ? until.UtcDateTime
            : (TimeProvider.System.GetUtcNow() + (until - time.GetUtcNow())).UtcDateTime;

    private void MakeAvailable(QueuedMessage queued)
    {
        queued.State = MessageState.Active;
        queued.Line.Available.Enqueue(queued, queued.SequenceNumber);
        Track(queued);
        if (queued.Line.SessionId is not null && queued.Line.Owner is null)
        {
            OfferSession(queued.Line);
        }
        else
        {
            DeliverFrom(queued.Line);
        }
    }

    private void DeliverFrom(MessageLine line)
    {
        while (line.Receivers.Count > 0 && TryPeek(line, out var queued))
        {
            var isSent = false;
            for (var attempt = 0; attempt < line.Receivers.Count && !isSent; attempt++)
            {
                var receiver = line.Receivers[line.NextReceiver++ % line.Receivers.Count];
                isSent = receiver.HasCredit && TrySend(queued, receiver);
            }

            if (!isSent)
            {
                return;
            }
        }
    }

    private bool TryPeek(MessageLine line, [NotNullWhen(true)] out QueuedMessage? queued)
    {
        while (line.Available.TryPeek(out queued, out _))
        {
            if (queued.State == MessageState.Active && queued.ExpiresAt > time.GetUtcNow())
            {
                return true;
            }

            line.Available.Dequeue();
            if (queued.State == MessageState.Active)
            {
                EndLife(queued);
            }
        }

        return false;
    }

    private bool TrySend(QueuedMessage queued, IMessageReceiver receiver)
    {
        var token = Guid.NewGuid();
        var until = queued.Line.SessionId is null ? time.GetUtcNow() + settings.LockDuration : queued.Line.LockedUntil;
        queued.DeliveryCount++;
        if (!receiver.TrySend(token, MessageEncoder.Encode(queued, receiver.IsPeekLock ? OnTheWire(until) : null)))
        {
            queued.DeliveryCount--;
            return false;
        }

        queued.Line.Available.Dequeue();
        Interlocked.Increment(ref delivered);
        if (receiver.IsPeekLock)
        {
            TakeLock(queued, token, until);
        }
        else
        {
            Interlocked.Increment(ref completed);
            Remove(queued);
        }

        return true;
    }

    private void TakeLock(QueuedMessage queued, Guid token, DateTimeOffset until)
    {
        (queued.State, queued.LockToken, queued.LockedUntil) = (MessageState.Locked, token, until);
        locked.Add(token, queued);
        Track(queued);
    }

    /// <summary>Returns a message to the queue after its lock has ended.</summary>
    private void GiveBack(QueuedMessage queued)
    {
        if (deadLetter is not null && queued.DeliveryCount >= settings.MaxDeliveryCount)
        {
            DeadLetter(
                queued,
                "MaxDeliveryCountExceeded",
                "Message could not be consumed after maximum delivery attempts."
            );
        }
        else if (queued.IsDeferred)
        {
            Defer(queued);
        }
        else
        {
            MakeAvailable(queued);
        }
    }

    private void Defer(QueuedMessage queued)
    {
        (queued.IsDeferred, queued.State) = (true, MessageState.Deferred);
        Track(queued);
    }

    private void DeadLetter(QueuedMessage queued, string? reason, string? description)
    {
        if (deadLetter is null)
        {
            // A dead letter stays a dead letter.
            MakeAvailable(queued);
            return;
        }

        Remove(queued);
        deadLetter(queued.Message, reason ?? "", description);
    }

    private void Remove(QueuedMessage queued)
    {
        queued.State = MessageState.Removed;
        messages.Remove(queued.SequenceNumber);
        queued.Line.Count--;
        Interlocked.Add(ref size, -queued.SizeInBytes);
        Track(queued);
    }
}
