using System.Diagnostics;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

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
