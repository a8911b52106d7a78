using System.Diagnostics;
using NotificationHub.Storage;
using NotificationHub.Storage.Tracing;

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
            .SetTag("messaging.destination.name", topic)
            .SetTag("messaging.batch.message_count", batch.Count);
        trace.Cover(batch.Count, batch[0].Seq, batch[^1].Seq);
        return trace;
    }

    public static void Refused(this Activity? trace, TopicSendException exception)
    {
        trace.Fail(exception.Fault.ToString());
        if (exception.Status is { } status)
        {
            trace?.SetTag("http.response.status_code", status);
        }
    }
}
