using System.Buffers;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>Turns events into messages that fit the sender. For one publisher at a time.</summary>
internal sealed class TopicMessages(CloudEventWriter writer, ITopicSender sender)
{
    /// <summary>For whom a message is: the subscriptions' rules go by it.</summary>
    private const string Everybody = "all";

    /// <summary>Service Bus's own bound for message, session and correlation ids; longer values stay in the body only.</summary>
    private const int MaxIdLength = 128;

    private readonly ArrayBufferWriter<byte> scratch = new(4096);

    /// <summary>The message, whole where it fits into a batch of its own, otherwise as a claim check; an event that no message can be made of is damaged.</summary>
    public OutgoingMessage Create(EventEntry entry)
    {
        if (entry.Fault is not null)
        {
            return Damaged(entry, entry.Fault);
        }

        try
        {
            return Write(entry);
        }
#pragma warning disable CA1031 // Whatever is wrong with one event, the topic's later events are sent.
        catch (Exception exception) when (exception is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            // The exception's message may quote the event.
            return Damaged(entry, $"The event cannot be written as a message ({exception.GetType().Name}).");
        }
        finally
        {
            scratch.ResetWrittenCount();
        }
    }

    private OutgoingMessage Write(EventEntry entry)
    {
        if (!writer.Write(entry, scratch))
        {
            return Damaged(entry, "The stored data of the event is not JSON.");
        }

        var whole = Message(entry, Take());
        var size = sender.Measure(whole);
        if (size <= sender.MaxBatchBytes)
        {
            return new OutgoingMessage(entry, whole, size);
        }

        writer.WriteClaimCheck(entry, scratch);
        var claimCheck = Message(entry, Take());
        return new OutgoingMessage(entry, claimCheck, sender.Measure(claimCheck));
    }

    private static OutgoingMessage Damaged(EventEntry entry, string fault) =>
        new(entry with { Fault = fault }, Message: null, Size: 0);

    private static TopicMessage Message(EventEntry entry, byte[] body) =>
        new(
            CloudEventWriter.IdOf(entry),
            entry.LocationId is { Length: <= MaxIdLength } location ? location : "hub",
            EventTypes.Of(entry.Type),
            entry.CorrelationId is { Length: > 0 and <= MaxIdLength } correlation ? correlation : null,
            body,
            Properties(entry)
        );

    private static Dictionary<string, string> Properties(EventEntry entry)
    {
        var properties = new Dictionary<string, string>(8, StringComparer.Ordinal)
        {
            ["type"] = EventTypes.Of(entry.Type),
            ["audience"] = Everybody,
        };
        Add(properties, "location", entry.LocationId);
        Add(properties, "action", entry.Action);
        Add(properties, "result", entry.Result);
        Add(properties, "change", entry.Change);
        Add(properties, "cause", entry.Cause);
        Add(properties, "adamId", entry.AdamId);
        Add(properties, "conflict", entry.Conflict ? "true" : null);
        Add(properties, "traceparent", entry.Traceparent);
        return properties;
    }

    private static void Add(Dictionary<string, string> properties, string name, string? value)
    {
        if (value is { Length: > 0 and <= MaxIdLength })
        {
            properties[name] = value;
        }
    }

    private byte[] Take()
    {
        var body = scratch.WrittenSpan.ToArray();
        scratch.ResetWrittenCount();
        return body;
    }
}

/// <summary>An event, the message it becomes, and the bytes that this adds to a batch. A damaged event has no message.</summary>
internal sealed record OutgoingMessage(EventEntry Entry, TopicMessage? Message, int Size)
{
    public long Seq => Entry.Seq;
}
