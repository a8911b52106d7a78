namespace NotificationHub.LocalBus;

/// <content>Peek, and receive by sequence number.</content>
internal sealed partial class MessageQueue
{
    /// <summary>Messages from a sequence number on, encoded, without locks.</summary>
    public List<ArraySegment<byte>> Peek(long from, int count, string? sessionId)
    {
        lock (gate)
        {
            Expire();
            return
            [
                .. messages
                    .Values.Where(queued => queued.SequenceNumber >= from)
                    .Where(queued => sessionId is null || queued.Line.SessionId == sessionId)
                    .Take(count)
                    .Select(queued => MessageEncoder.Encode(queued, null)),
            ];
        }
    }

    /// <summary>Receives deferred messages. If one of them is not deferred, nothing is received and the list is empty.</summary>
    public List<(Guid LockToken, ArraySegment<byte> Encoded)> ReceiveDeferred(
        IReadOnlyCollection<long> sequenceNumbers,
        bool isPeekLock
    )
    {
        lock (gate)
        {
            Expire();
            var found = sequenceNumbers.Select(number => messages.GetValueOrDefault(number)).ToList();
            return found.Exists(queued => queued is not { State: MessageState.Deferred })
                ? []
                : [.. found.Select(queued => Take(queued!, isPeekLock))];
        }
    }

    private (Guid, ArraySegment<byte>) Take(QueuedMessage queued, bool isPeekLock)
    {
        var token = Guid.NewGuid();
        queued.DeliveryCount++;
        Interlocked.Increment(ref delivered);
        if (!isPeekLock)
        {
            Interlocked.Increment(ref completed);
            Remove(queued);
            return (Guid.Empty, MessageEncoder.Encode(queued, null));
        }

        TakeLock(
            queued,
            token,
            queued.Line.SessionId is null ? time.GetUtcNow() + settings.LockDuration : queued.Line.LockedUntil
        );
        return (token, MessageEncoder.Encode(queued, OnTheWire(queued.LockedUntil)));
    }
}
