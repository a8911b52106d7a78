using System.Buffers;
using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

// Not thread-safe: each publisher has its own instance.
internal sealed class TopicMessages(CloudEventWriter writer)
{
    // The rules of the subscriptions filter by it.
    private const string AudienceAll = "all";

    /// <summary>Service Bus's limit for message, session and correlation IDs, and for values that filters compare.</summary>
    public const int MaxIdLength = 128;

    private readonly ArrayBufferWriter<byte> scratch = new(4096);

    public OutgoingMessage Create(EventEntry entry) => Create(entry, isClaimCheck: false);

    /// <summary>Creates a message without the data, which names the URL of the whole event.</summary>
    public OutgoingMessage CreateClaimCheck(EventEntry entry) => Create(entry, isClaimCheck: true);

    /// <summary>Replaces an event that is too large for a batch by its claim check; if that is too large, by an error.</summary>
    public OutgoingMessage Shrink(OutgoingMessage message) =>
        message.IsClaimCheck
            ? message with
            {
                Entry = message.Entry with { Error = "The event is too large for a message, even without its data." },
            }
            : CreateClaimCheck(message.Entry);

    /// <summary>Addresses a message that is sent on request.</summary>
    /// <param name="subscription">The only subscription that receives it; null for all.</param>
    public static void Address(ServiceBusMessage message, string? subscription, string requestedBy)
    {
        var properties = message.ApplicationProperties;
        properties["audience"] = subscription ?? AudienceAll;
        properties["requestedBy"] = requestedBy[..Math.Min(requestedBy.Length, MaxIdLength)];
    }

    private OutgoingMessage Create(EventEntry entry, bool isClaimCheck)
    {
        if (entry.Error is not null)
        {
            return Damaged(entry, entry.Error);
        }

        try
        {
            if (isClaimCheck)
            {
                writer.WriteClaimCheck(entry, scratch);
            }
            else if (!writer.Write(entry, scratch))
            {
                return Damaged(entry, "The stored data of the event is not JSON.");
            }

            return new OutgoingMessage(entry, Message(entry, scratch.WrittenSpan.ToArray()), isClaimCheck);
        }
        // One damaged event must not block the topic's later events.
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The exception's message may quote the event.
            return Damaged(entry, $"The event cannot be written as a message ({exception.GetType().Name}).");
        }
        finally
        {
            scratch.ResetWrittenCount();
        }
    }

    private static OutgoingMessage Damaged(EventEntry entry, string error) =>
        new(entry with { Error = error }, Message: null);

    // No partition key: with a session ID, Service Bus derives it.
    private static ServiceBusMessage Message(EventEntry entry, byte[] body)
    {
        var message = new ServiceBusMessage(body)
        {
            MessageId = CloudEventWriter.GetId(entry),
            SessionId = entry.LocationId is { Length: <= MaxIdLength } location ? location : "hub",
            Subject = CloudEventWriter.GetFullType(entry),
            CorrelationId = entry.CorrelationId is { Length: > 0 and <= MaxIdLength } correlation ? correlation : null,
            ContentType = "application/cloudevents+json",
        };
        AddProperties(message.ApplicationProperties, entry);
        return message;
    }

    private static void AddProperties(IDictionary<string, object> properties, EventEntry entry)
    {
        properties["type"] = CloudEventWriter.GetFullType(entry);
        properties["audience"] = AudienceAll;
        Add(properties, "location", entry.LocationId);
        Add(properties, "action", entry.Action);
        Add(properties, "result", entry.Result);
        Add(properties, "change", entry.Change);
        Add(properties, "cause", entry.Cause);
        Add(properties, "adamId", entry.AdamId);
        Add(properties, "conflict", entry.Conflict ? "true" : null);
        Add(properties, "traceparent", entry.Traceparent);
    }

    private static void Add(IDictionary<string, object> properties, string name, string? value)
    {
        if (value is { Length: > 0 and <= MaxIdLength })
        {
            properties[name] = value;
        }
    }
}

/// <summary>An event and the message that carries it. A damaged event has no message.</summary>
internal sealed record OutgoingMessage(EventEntry Entry, ServiceBusMessage? Message, bool IsClaimCheck = false)
{
    public long Seq => Entry.Seq;
}

// The tags follow OpenTelemetry's conventions for messaging.
internal static class SendTrace
{
    public static Activity? BeginPass(string topic, IReadOnlyList<EventEntry> page)
    {
        if (page.Count == 0)
        {
            return null;
        }

        var trace = HubTraces.Begin($"publish {topic}", ActivityKind.Internal, page.Select(entry => entry.Traceparent));
        trace.Cover(page.Count, page[0].Seq, page[^1].Seq);
        return trace;
    }

    // Only the first message is certainly in the batch; the others are linked when its size is known.
    public static Activity? BeginSend(string topic, OutgoingMessage first)
    {
        var trace = HubTraces.Continue($"send {topic}", ActivityKind.Producer, [first.Entry.Traceparent]);
        trace
            ?.SetTag("messaging.system", "servicebus")
            .SetTag("messaging.operation.type", "send")
            .SetTag("messaging.destination.name", topic);
        return trace;
    }

    /// <summary>Records which messages formed the batch, and whether the topic rejected it.</summary>
    public static void Sent(this Activity? trace, IEnumerable<OutgoingMessage> candidates, SendResult result)
    {
        if (trace is null)
        {
            return;
        }

        List<OutgoingMessage> batch = [.. candidates.Take(Math.Max(result.Count, 1))];
        trace.SetTag("messaging.batch.message_count", batch.Count);
        trace.Cover(batch.Count, batch[0].Seq, batch[^1].Seq);
        trace.AddLinks(batch.Select(message => message.Entry.Traceparent));
        if (result.Count == 0 || result.Rejection is not null)
        {
            trace.Fail(result.Count == 0 ? "TooLarge" : "Rejected");
        }
    }
}
