namespace NotificationHub.LocalBus;

/// <summary>State of a message in a queue.</summary>
internal enum MessageState
{
    /// <summary>Waits for a receiver.</summary>
    Active,

    /// <summary>A receiver holds it.</summary>
    Locked,

    /// <summary>Is received by its sequence number only.</summary>
    Deferred,

    /// <summary>Has left the queue.</summary>
    Removed,
}

/// <summary>A message in one queue.</summary>
internal sealed class QueuedMessage(BusMessage message, long sequenceNumber, DateTimeOffset expiresAt, MessageLine line)
{
    public BusMessage Message { get; set; } = message;

    /// <summary>The size at arrival: a receiver may change properties.</summary>
    public int SizeInBytes { get; } = message.SizeInBytes;

    public long SequenceNumber => sequenceNumber;

    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>The queue, or the session in it.</summary>
    public MessageLine Line => line;

    public MessageState State { get; set; }

    public int DeliveryCount { get; set; }

    public Guid LockToken { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    /// <summary>Whether the message is deferred, even if it is locked at present.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>When the lock or the message expires.</summary>
    public DateTimeOffset Deadline { get; set; } = DateTimeOffset.MaxValue;
}

/// <summary>Messages that are delivered in the order of their numbers: a whole queue, or one of its sessions.</summary>
internal sealed class MessageLine(string? sessionId)
{
    public string? SessionId => sessionId;

    public PriorityQueue<QueuedMessage, long> Available { get; } = new();

    /// <summary>Messages of every state.</summary>
    public int Count { get; set; }

    public List<IMessageReceiver> Receivers { get; } = [];

    /// <summary>Where the search for the next receiver starts.</summary>
    public int NextReceiver { get; set; }

    /// <summary>The receiver that holds the session.</summary>
    public IMessageReceiver? Owner { get; set; }

    public DateTimeOffset LockedUntil { get; set; }

    public ArraySegment<byte>? SessionState { get; set; }
}

/// <summary>The consumer's side of a link.</summary>
internal interface IMessageReceiver
{
    /// <summary>Whether messages are locked until they are settled, instead of deleted at once.</summary>
    bool IsPeekLock { get; }

    bool HasCredit { get; }

    /// <summary>Sends a message; false if the link has no credit or is closed.</summary>
    bool TrySend(Guid lockToken, ArraySegment<byte> encoded);

    /// <summary>Closes the link with an AMQP error. The call returns at once.</summary>
    void Close(string condition, string description);
}

/// <summary>Settings of a subscription's queue.</summary>
internal sealed record QueueSettings(
    TimeSpan LockDuration,
    int MaxDeliveryCount,
    TimeSpan DefaultTimeToLive,
    bool DeadLettersExpired,
    bool RequiresSession
);

/// <summary>A receiver's decision about a message that it holds.</summary>
internal abstract record Settlement
{
    private Settlement() { }

    /// <summary>Application properties to set.</summary>
    public IReadOnlyDictionary<string, object> Changed { get; init; } = new Dictionary<string, object>();

    public sealed record Complete : Settlement;

    /// <summary>Deliver again.</summary>
    /// <param name="IsCounted">Whether the delivery counts.</param>
    public sealed record Abandon(bool IsCounted = true) : Settlement;

    public sealed record Defer : Settlement;

    public sealed record DeadLetter(string? Reason, string? Description) : Settlement;
}
