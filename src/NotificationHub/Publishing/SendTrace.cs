using System.Diagnostics;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

/// <summary>The traces of a topic's passes and of their sends, by the names that OpenTelemetry has for messaging.</summary>
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

    public static Activity? BeginSend(string topic, IReadOnlyList<OutgoingMessage> batch)
    {
        var trace = HubTraces.Continue(
            $"send {topic}",
            ActivityKind.Producer,
            batch.Select(message => message.Entry.Traceparent)
        );
        trace
            ?.SetTag("messaging.system", "servicebus")
            .SetTag("messaging.operation.type", "send")
            .SetTag("messaging.destination.name", topic);
        return trace;
    }

    /// <summary>Records which of the messages formed the batch, and whether the topic rejected it.</summary>
    public static void Sent(this Activity? trace, IReadOnlyList<OutgoingMessage> messages, SendResult result)
    {
        var count = Math.Max(result.Count, 1);
        trace?.SetTag("messaging.batch.message_count", count);
        trace.Cover(count, messages[0].Seq, messages[count - 1].Seq);
        if (result.Count == 0 || result.Rejection is not null)
        {
            trace.Fail(result.Count == 0 ? "TooLarge" : "Rejected");
        }
    }
}
