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

/// <summary>The message properties by which consumers recognize replayed events.</summary>
internal static class ReplayProperties
{
    // Application properties have no limit of their own, but filters compare 128 characters at most.
    private const int MaxLength = 128;

    public static void Set(IDictionary<string, object> properties, Replay replay)
    {
        if (replay.Subscription is { } subscription)
        {
            properties["audience"] = subscription;
        }

        properties["replay"] = replay.Id!;
        properties["requestedBy"] =
            replay.RequestedBy.Length <= MaxLength ? replay.RequestedBy : replay.RequestedBy[..MaxLength];
    }
}
