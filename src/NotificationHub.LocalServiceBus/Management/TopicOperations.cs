using Microsoft.Azure.Amqp.Encoding;

namespace NotificationHub.LocalBus;

/// <summary>Management of a topic's scheduled messages.</summary>
internal static class TopicOperations
{
    /// <summary>The result; null if the operation is unknown.</summary>
    public static AmqpMap? Handle(BusContext bus, LocalTopic topic, ManagementRequest request)
    {
        switch (request.Operation)
        {
            case "com.microsoft:schedule-message":
                return QueueOperations.Map(("sequence-numbers", Schedule(bus, topic, request)));
            case "com.microsoft:cancel-scheduled-message":
                topic.Scheduled.Cancel(request.List<long>("sequence-numbers"));
                return [];
            case QueueOperations.PeekOperation:
                return QueueOperations.Peek(
                    topic.Scheduled.Peek(
                        request.Number("from-sequence-number", 1),
                        (int)request.Number("message-count", 1)
                    )
                );
            default:
                return null;
        }
    }

    private static long[] Schedule(BusContext bus, LocalTopic topic, ManagementRequest request)
    {
        var messages = request
            .List<AmqpMap>("messages")
            .ConvertAll(entry => MessageDecoder.Decode(((ArraySegment<byte>)entry[new MapKey("message")]).ToArray()));
        return
        [
            .. messages.Select(message =>
                topic.Scheduled.Add(message, message.ScheduledAt ?? bus.Options.TimeProvider.GetUtcNow())
            ),
        ];
    }
}
