using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace NotificationHub.LocalBus;

/// <summary>Encodes a message for a receiver: the sender's sections behind a header and annotations of the broker.</summary>
internal static class MessageEncoder
{
    public const string ScheduledEnqueueTime = "x-opt-scheduled-enqueue-time";
    private const int BrokerSections = 256;

    public static ArraySegment<byte> Encode(QueuedMessage queued, DateTime? lockedUntil)
    {
        var (message, sections) = (queued.Message, queued.Message.Sections);
        var header = new Header
        {
            Durable = sections.IsDurable,
            Priority = sections.Priority,
            Ttl = message.TimeToLive is { } lifetime ? (uint)lifetime.TotalMilliseconds : null,
            DeliveryCount = (uint)Math.Max(0, queued.DeliveryCount - 1),
        };
        var annotations = new MessageAnnotations();
        foreach (var (name, value) in sections.Annotations)
        {
            annotations.Map[name] = value;
        }

        annotations.Map["x-opt-sequence-number"] = queued.SequenceNumber;
        annotations.Map["x-opt-enqueue-sequence-number"] = queued.SequenceNumber;
        annotations.Map["x-opt-enqueued-time"] = message.EnqueuedAt.UtcDateTime;
        annotations.Map["x-opt-message-state"] = queued.IsDeferred ? 1 : 0;
        if (lockedUntil is { } until)
        {
            annotations.Map["x-opt-locked-until"] = until;
        }

        return Concatenate(header, annotations, sections);
    }

    /// <summary>Encodes a scheduled message, for a peek.</summary>
    public static ArraySegment<byte> Encode(BusMessage message, long sequenceNumber)
    {
        var annotations = new MessageAnnotations();
        foreach (var (name, value) in message.Sections.Annotations)
        {
            annotations.Map[name] = value;
        }

        annotations.Map["x-opt-sequence-number"] = sequenceNumber;
        annotations.Map["x-opt-message-state"] = 2;
        return Concatenate(new Header(), annotations, message.Sections);
    }

    public static ArraySegment<byte> ApplicationProperties(IReadOnlyDictionary<string, object> properties)
    {
        var section = new ApplicationProperties();
        foreach (var (name, value) in properties)
        {
            section.Map[name] = value;
        }

        var buffer = new ByteBuffer(new byte[BrokerSections], autoGrow: true);
        AmqpCodec.EncodeObject(section, buffer);
        return new ArraySegment<byte>(buffer.Buffer, buffer.Offset, buffer.Length);
    }

    private static ArraySegment<byte> Concatenate(
        Header header,
        MessageAnnotations annotations,
        MessageSections sections
    )
    {
        var length = sections.Properties.Count + sections.ApplicationProperties.Count + sections.Body.Count;
        var buffer = new ByteBuffer(new byte[BrokerSections + length], autoGrow: true);
        AmqpCodec.EncodeObject(header, buffer);
        AmqpCodec.EncodeObject(annotations, buffer);
        foreach (
            var part in (ReadOnlySpan<ArraySegment<byte>>)
                [sections.Properties, sections.ApplicationProperties, sections.Body]
        )
        {
            if (part.Count > 0)
            {
                AmqpBitConverter.WriteBytes(buffer, part.Array, part.Offset, part.Count);
            }
        }

        return new ArraySegment<byte>(buffer.Buffer, buffer.Offset, buffer.Length);
    }
}
