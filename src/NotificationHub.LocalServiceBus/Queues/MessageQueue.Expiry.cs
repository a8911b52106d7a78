namespace NotificationHub.LocalBus;

/// <content>Ends locks, sessions and lifetimes.</content>
internal sealed partial class MessageQueue
{
    private static readonly TimeSpan LongestTracked = TimeSpan.FromDays(1);

    private void OnTimer()
    {
        lock (gate)
        {
            armedFor = DateTimeOffset.MaxValue;
            Expire();
            Arm();
        }
    }

    /// <summary>Ends every lock, session and lifetime that has expired.</summary>
    private void Expire()
    {
        var now = time.GetUtcNow();
        while (deadlines.Count > 0 && deadlines.Min is var first && first.At <= now)
        {
            deadlines.Remove(first);
            var queued = messages[first.SequenceNumber];
            queued.Deadline = DateTimeOffset.MaxValue;
            if (queued.State == MessageState.Locked)
            {
                locked.Remove(queued.LockToken);
                GiveBack(queued);
            }
            else
            {
                EndLife(queued);
            }
        }

        foreach (var session in held.Where(session => session.LockedUntil <= now).ToList())
        {
            session.Owner?.Close(
                AmqpConditions.SessionLockLost,
                $"The lock on session '{session.SessionId}' has expired."
            );
            Release(session);
        }
    }

    private void EndLife(QueuedMessage queued)
    {
        Remove(queued);
        if (settings.DeadLettersExpired)
        {
            deadLetter?.Invoke(queued.Message, "TTLExpiredException", "The message expired and was dead lettered.");
        }
    }

    /// <summary>Records when the message's lock or lifetime ends.</summary>
    private void Track(QueuedMessage queued)
    {
        var deadline = queued.State switch
        {
            MessageState.Removed => DateTimeOffset.MaxValue,
            // The session's lock holds its messages.
            MessageState.Locked when queued.Line.SessionId is not null => DateTimeOffset.MaxValue,
            MessageState.Locked => queued.LockedUntil,
            // A lifetime of days is checked at delivery only.
            _ when queued.Message.TimeToLive is null && settings.DefaultTimeToLive > LongestTracked =>
                DateTimeOffset.MaxValue,
            _ => queued.ExpiresAt,
        };
        if (deadline == queued.Deadline)
        {
            return;
        }

        if (queued.Deadline != DateTimeOffset.MaxValue)
        {
            deadlines.Remove((queued.Deadline, queued.SequenceNumber));
        }

        queued.Deadline = deadline;
        if (deadline != DateTimeOffset.MaxValue)
        {
            deadlines.Add((deadline, queued.SequenceNumber));
            ArmFor(deadline);
        }
    }

    private void Arm()
    {
        if (deadlines.Count > 0)
        {
            ArmFor(deadlines.Min.At);
        }

        foreach (var session in held)
        {
            ArmFor(session.LockedUntil);
        }
    }

    /// <summary>Wakes up at that time at the latest. Waking up too early does no harm.</summary>
    private void ArmFor(DateTimeOffset at)
    {
        if (at >= armedFor)
        {
            return;
        }

        armedFor = at;
        var wait = at - time.GetUtcNow();
        var longest = TimeSpan.FromDays(1);
        timer.Change(
            wait < TimeSpan.Zero ? TimeSpan.Zero
                : wait > longest ? longest
                : wait,
            Timeout.InfiniteTimeSpan
        );
    }
}
