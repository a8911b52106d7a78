using Microsoft.Azure.Amqp;

namespace NotificationHub.LocalBus;

/// <content>Sessions: one receiver at a time, with its lock and its state.</content>
internal sealed partial class MessageQueue
{
    private readonly Dictionary<string, MessageLine> sessions = [];
    private readonly HashSet<MessageLine> held = [];
    private readonly LinkedList<SessionRequest> waiting = [];

    /// <summary>Locks a session; without an ID, waits for the next one that has messages.</summary>
    /// <param name="id">The session's ID, or null.</param>
    /// <param name="receiver">The receiver that will hold the session.</param>
    /// <param name="wait">The longest wait for a session.</param>
    /// <param name="closed">Completes when the receiver is closed.</param>
    /// <exception cref="AmqpException">The session is held by another receiver, or none became available in time.</exception>
    public async Task<MessageLine> AcceptSessionAsync(string? id, IMessageReceiver receiver, TimeSpan wait, Task closed)
    {
        SessionRequest request;
        lock (gate)
        {
            Expire();
            var session = id is null ? NextSession() : Session(id);
            if (session is { Owner: not null })
            {
                throw new AmqpException(
                    AmqpConditions.SessionCannotBeLocked,
                    $"The session '{id}' is held by another receiver."
                );
            }

            if (session is not null)
            {
                Hold(session, receiver);
                return session;
            }

            request = new SessionRequest(receiver);
            waiting.AddLast(request);
        }

        // The client's clock, which is the system's, limits this wait.
        await Task.WhenAny(request.Granted.Task, closed, Task.Delay(wait));
        lock (gate)
        {
            if (!waiting.Remove(request))
            {
                return request.Granted.Task.Result;
            }
        }

        throw new AmqpException(AmqpConditions.Timeout, "No session became available in time.");
    }

    /// <summary>Starts deliveries to the session's receiver.</summary>
    public void StartSession(MessageLine session, IMessageReceiver receiver)
    {
        lock (gate)
        {
            if (session.Owner == receiver)
            {
                session.Receivers.Add(receiver);
                DeliverFrom(session);
            }
        }
    }

    /// <summary>Releases the receiver's session. Its messages are delivered again.</summary>
    public void EndSession(MessageLine session, IMessageReceiver receiver)
    {
        lock (gate)
        {
            if (session.Owner == receiver)
            {
                Release(session);
            }
        }
    }

    /// <summary>Extends the session's lock and returns its new end.</summary>
    public DateTime RenewSession(string id)
    {
        lock (gate)
        {
            var session = HeldSession(id);
            session.LockedUntil = time.GetUtcNow() + settings.LockDuration;
            ArmFor(session.LockedUntil);
            return OnTheWire(session.LockedUntil);
        }
    }

    /// <summary>When the session's lock ends, by the clients' clock.</summary>
    public DateTime SessionLockedUntil(MessageLine session)
    {
        lock (gate)
        {
            return OnTheWire(session.LockedUntil);
        }
    }

    public ArraySegment<byte>? GetSessionState(string id)
    {
        lock (gate)
        {
            return sessions.GetValueOrDefault(id)?.SessionState;
        }
    }

    public void SetSessionState(string id, ArraySegment<byte>? state)
    {
        lock (gate)
        {
            HeldSession(id).SessionState = state;
        }
    }

    /// <summary>IDs of the sessions that have messages or a state.</summary>
    public List<string> SessionIds()
    {
        lock (gate)
        {
            return
            [
                .. sessions
                    .Values.Where(session => session.Count > 0 || session.SessionState is not null)
                    .Select(session => session.SessionId!)
                    .Order(StringComparer.Ordinal),
            ];
        }
    }

    private MessageLine Session(string id)
    {
        if (!sessions.TryGetValue(id, out var session))
        {
            session = new MessageLine(id);
            sessions.Add(id, session);
        }

        return session;
    }

    private MessageLine HeldSession(string id)
    {
        Expire();
        return sessions.TryGetValue(id, out var session) && session.Owner is not null
            ? session
            : throw new AmqpException(AmqpConditions.SessionLockLost, $"The lock on session '{id}' has expired.");
    }

    private MessageLine? NextSession() =>
        sessions
            .Values.Where(session => session.Owner is null && TryPeek(session, out _))
            .MinBy(session => session.Available.Peek().SequenceNumber);

    private void OfferSession(MessageLine session)
    {
        if (waiting.First is { Value: var request })
        {
            waiting.RemoveFirst();
            Hold(session, request.Receiver);
            request.Granted.SetResult(session);
        }
    }

    private void Hold(MessageLine session, IMessageReceiver receiver)
    {
        session.Owner = receiver;
        session.LockedUntil = time.GetUtcNow() + settings.LockDuration;
        held.Add(session);
        ArmFor(session.LockedUntil);
    }

    private void Release(MessageLine session)
    {
        session.Owner = null;
        session.Receivers.Clear();
        held.Remove(session);
        foreach (var queued in locked.Values.Where(queued => queued.Line == session).ToList())
        {
            locked.Remove(queued.LockToken);
            GiveBack(queued);
        }

        if (TryPeek(session, out _))
        {
            if (session.Owner is null)
            {
                OfferSession(session);
            }
        }
        else if (session is { SessionState: null, Count: 0 })
        {
            sessions.Remove(session.SessionId!);
        }
    }

    private sealed class SessionRequest(IMessageReceiver receiver)
    {
        public IMessageReceiver Receiver => receiver;

        public TaskCompletionSource<MessageLine> Granted { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
