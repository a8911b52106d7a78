using System.Text;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>A message as the topic accepted it; its subscriptions share it.</summary>
internal sealed record BusMessage
{
    public required string MessageId { get; init; }

    public string? SessionId { get; init; }

    public string? PartitionKey { get; init; }

    public string? Label { get; init; }

    public string? CorrelationId { get; init; }

    public string? ContentType { get; init; }

    public string? To { get; init; }

    public string? ReplyTo { get; init; }

    public string? ReplyToSessionId { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Application properties: strings, longs, doubles and bools.</summary>
    public required IReadOnlyDictionary<string, object> Properties { get; init; }

    public DateTimeOffset EnqueuedAt { get; init; }

    public string Text => Encoding.UTF8.GetString(Body.Span);
}
