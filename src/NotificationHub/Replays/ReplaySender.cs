using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Replays;

/// <summary>Sends on its own connection, so that a replay does not delay the links of the live events.</summary>
internal sealed class ReplaySender(TopicSender sender, TimeSpan timeout) : IAsyncDisposable
{
    public TimeSpan Timeout => timeout;

    public Task<SendResult> SendAsync(
        string topic,
        IEnumerable<ServiceBusMessage> messages,
        CancellationToken cancellationToken
    ) => sender.SendAsync(topic, messages, cancellationToken);

    public ValueTask DisposeAsync() => sender.DisposeAsync();
}
