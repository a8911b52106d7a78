using System.Diagnostics;
using Azure.Messaging.ServiceBus;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>The outcome of a send that reached the topic.</summary>
/// <param name="Count">How many of the first messages formed the batch; 0 if the first one does not fit into an empty batch.</param>
/// <param name="Rejection">Why the topic rejects the content of the batch; null if it accepted the batch.</param>
internal readonly record struct SendResult(int Count, string? Rejection = null);

/// <summary>Sends batches of messages to the topics of a Service Bus namespace. The publisher decides about retries.</summary>
internal sealed class TopicSender(ServiceBusClient client, TimeSpan timeout, TimeProvider time) : IAsyncDisposable
{
    // The SDK's senders each hold a link for as long as the process runs.
    private readonly Dictionary<string, ServiceBusSender> senders = new(StringComparer.Ordinal);

    /// <summary>Sends the first messages that fit into one batch. Without messages, it only checks the right to send.</summary>
    /// <exception cref="TopicSendException">The topic accepted nothing, or did not respond. Repeating the batch is safe.</exception>
    public async Task<SendResult> SendAsync(
        string topic,
        IEnumerable<ServiceBusMessage> messages,
        CancellationToken cancellationToken
    )
    {
        using var timer = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await SendTwiceAsync(topic, messages, either.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Instead of the SDK's exception, whose text may quote a token or a message.
            cancellationToken.ThrowIfCancellationRequested();
            var isTimeout = timer.IsCancellationRequested;
            // After server-busy, the SDK delays each further send by ten seconds unless the token of the first one is canceled.
            await either.CancelAsync();
            throw SendErrors.Create(exception, isTimeout ? timeout : null);
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    // The SDK reports a link that Service Bus closes during a send in several ways, and mostly without the reason. A new link works, or its
    // failure has the reason.
    private async Task<SendResult> SendTwiceAsync(
        string topic,
        IEnumerable<ServiceBusMessage> messages,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await SendOnceAsync(topic, messages, isRetry: false, cancellationToken);
        }
        catch (Exception exception) when (SendErrors.MayBeClosedLink(exception))
        {
            return await SendOnceAsync(topic, messages, isRetry: true, cancellationToken);
        }
    }

    private async Task<SendResult> SendOnceAsync(
        string topic,
        IEnumerable<ServiceBusMessage> messages,
        bool isRetry,
        CancellationToken cancellationToken
    )
    {
        var sender = GetSender(topic);
        // Opens the link, and has its size limit.
        using var batch = await sender.CreateMessageBatchAsync(cancellationToken);
        List<ServiceBusMessage> fitting = TakeFitting(messages, batch.MaxSizeInBytes - MessageSize.BatchOverhead);
        if (fitting.Count == 0)
        {
            return default;
        }

        try
        {
            await WithoutTrace(() => sender.SendMessagesAsync(fitting, cancellationToken));
            return new SendResult(fitting.Count);
        }
        catch (ServiceBusException exception)
            when (exception.Reason == ServiceBusFailureReason.MessageSizeExceeded && fitting.Count == 1)
        {
            return default;
        }
        catch (Exception exception)
            when (SendErrors.Rejection(exception) is { } rejection
                && (isRetry || !SendErrors.MayBeClosedLink(exception))
            )
        {
            return new SendResult(fitting.Count, rejection);
        }
    }

    // A ServiceBusMessageBatch encodes each message three times: twice for its size, and once to send it.
    private static List<ServiceBusMessage> TakeFitting(IEnumerable<ServiceBusMessage> messages, long maxSize)
    {
        List<ServiceBusMessage> fitting = [];
        foreach (var message in messages)
        {
            maxSize -= MessageSize.Max(message);
            if (maxSize < 0)
            {
                break;
            }

            fitting.Add(message);
        }

        return fitting;
    }

    // Otherwise the SDK adds the span of the send as Diagnostic-Id to each message that has no traceparent.
    private static Task WithoutTrace(Func<Task> send)
    {
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return send();
        }
        finally
        {
            Activity.Current = current;
        }
    }

    private ServiceBusSender GetSender(string topic)
    {
        lock (senders)
        {
            if (!senders.TryGetValue(topic, out var sender))
            {
                senders.Add(topic, sender = client.CreateSender(topic));
            }

            return sender;
        }
    }
}
