using System.Text;

namespace NotificationHub.LocalBus;

/// <summary>A message as the topic accepted it.</summary>
public sealed record BusMessage
{
    /// <summary>The sender's ID, which duplicate detection uses; empty if the sender set none.</summary>
    public required string MessageId { get; init; }

    /// <summary>The session that the message belongs to.</summary>
    public string? SessionId { get; init; }

    /// <summary>The partition key.</summary>
    public string? PartitionKey { get; init; }

    /// <summary>The subject, also known as label.</summary>
    public string? Subject { get; init; }

    /// <summary>The correlation ID.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>The content type.</summary>
    public string? ContentType { get; init; }

    /// <summary>The destination.</summary>
    public string? To { get; init; }

    /// <summary>Where to send the reply.</summary>
    public string? ReplyTo { get; init; }

    /// <summary>The session of the reply.</summary>
    public string? ReplyToSessionId { get; init; }

    /// <summary>The lifetime that the sender set.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>When the topic publishes the message, if the sender scheduled it.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>When the topic accepted the message.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>The body's bytes.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The application properties, with their AMQP types.</summary>
    public required IReadOnlyDictionary<string, object> Properties { get; init; }

    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);

    internal MessageSections Sections { get; init; } = MessageSections.Empty;

    internal int SizeInBytes => Sections.Properties.Count + Sections.ApplicationProperties.Count + Sections.Body.Count;

    internal BusMessage With(IEnumerable<KeyValuePair<string, object>> changed)
    {
        var properties = new Dictionary<string, object>(Properties);
        foreach (var (name, value) in changed)
        {
            properties[name] = value;
        }

        return this with
        {
            Properties = properties,
            Sections = Sections with { ApplicationProperties = MessageEncoder.ApplicationProperties(properties) },
        };
    }
}

/// <summary>The encoded parts of a message that pass from sender to receiver unchanged.</summary>
/// <param name="IsDurable">The header's durable flag.</param>
/// <param name="Priority">The header's priority.</param>
/// <param name="Annotations">The sender's message annotations.</param>
/// <param name="Properties">The encoded properties section.</param>
/// <param name="ApplicationProperties">The encoded application properties.</param>
/// <param name="Body">The encoded body and footer.</param>
internal sealed record MessageSections(
    bool? IsDurable,
    byte? Priority,
    IReadOnlyDictionary<string, object> Annotations,
    ArraySegment<byte> Properties,
    ArraySegment<byte> ApplicationProperties,
    ArraySegment<byte> Body
)
{
    public static MessageSections Empty { get; } =
        new(
            null,
            null,
            new Dictionary<string, object>(),
            ArraySegment<byte>.Empty,
            ArraySegment<byte>.Empty,
            ArraySegment<byte>.Empty
        );
}
