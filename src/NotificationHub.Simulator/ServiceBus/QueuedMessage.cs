namespace NotificationHub.Simulator.ServiceBus;

/// <summary>A message's place in one subscription.</summary>
internal sealed class QueuedMessage(BusMessage message, long sequenceNumber, DateTimeOffset expiresAt)
{
    public BusMessage Message => message;

    public long SequenceNumber => sequenceNumber;

    public DateTimeOffset ExpiresAt => expiresAt;

    public int DeliveryCount { get; set; }

    public DateTimeOffset LockedUntil { get; set; }
}

/// <summary>A message handed to a receiver. The lock token is empty when it was deleted on receipt.</summary>
internal sealed record ReceivedMessage(
    BusMessage Message,
    long SequenceNumber,
    int DeliveryCount,
    Guid LockToken,
    DateTimeOffset LockedUntil
);
