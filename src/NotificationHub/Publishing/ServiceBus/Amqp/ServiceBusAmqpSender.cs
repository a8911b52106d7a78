using Azure;
using Azure.Core;
using Azure.Messaging.ServiceBus;

namespace NotificationHub.Publishing.ServiceBus.Amqp;

/// <summary>
/// Sends over AMQP with the Service Bus SDK. Only a build with <c>-p:ServiceBusSdk=true</c> contains it: it maps messages and
/// sends batches, and whatever else there is to know about sending is compiled in every build.
/// </summary>
internal sealed class ServiceBusAmqpSender(ServiceBusClient client, ServiceBusOptions options, TimeProvider time)
    : ITopicSender,
        IAsyncDisposable
{
    // The SDK's senders each hold a link, and are made for as long as the process lives.
    private readonly Dictionary<string, ServiceBusSender> senders = new(StringComparer.Ordinal);

    public int MaxBatchBytes => options.MaxBatchBytes - AmqpSize.Envelope;

    /// <param name="options">Either a connection string or a namespace; validated.</param>
    /// <param name="credential">Asked for when there is no connection string.</param>
    /// <param name="time">Ends the sends.</param>
    public static ITopicSender Create(ServiceBusOptions options, Func<TokenCredential> credential, TimeProvider time)
    {
        var settings = new ServiceBusClientOptions { Identifier = "NotificationHub" };
        // One attempt: the publisher knows when to try again.
        settings.RetryOptions.MaxRetries = 0;
        settings.RetryOptions.TryTimeout = options.SendTimeout;
        return new ServiceBusAmqpSender(CreateClient(options, credential, settings), options, time);
    }

    public int Measure(TopicMessage message) => AmqpSize.Of(message);

    public async Task SendAsync(string topic, IReadOnlyList<TopicMessage> batch, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.SendTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await SendAsync(topic, SenderOf(topic), batch, either.Token);
        }
        catch (Exception exception)
            when (exception is not TopicSendException && !cancellationToken.IsCancellationRequested)
        {
            var reason = (exception as ServiceBusException)?.Reason.ToString();
            throw AmqpFailure.Explain(
                topic,
                reason,
                exception,
                timeout.IsCancellationRequested ? options.SendTimeout : null
            );
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();

    private static async Task SendAsync(
        string topic,
        ServiceBusSender sender,
        IReadOnlyList<TopicMessage> batch,
        CancellationToken cancellationToken
    )
    {
        // This opens the link, so that even an empty batch tells whether the topic is there and lets the hub in.
        using var messages = await sender.CreateMessageBatchAsync(cancellationToken);
        foreach (var message in batch)
        {
            if (!messages.TryAddMessage(Map(message)))
            {
                throw AmqpFailure.TooLarge(topic, batch.Count, messages.MaxSizeInBytes);
            }
        }

        await sender.SendMessagesAsync(messages, cancellationToken);
    }

    private static ServiceBusMessage Map(TopicMessage message)
    {
        var mapped = new ServiceBusMessage(message.Body)
        {
            MessageId = message.MessageId,
            SessionId = message.SessionId,
            Subject = message.Label,
            CorrelationId = message.CorrelationId,
            ContentType = "application/cloudevents+json",
        };
        foreach (var (name, value) in message.Properties)
        {
            mapped.ApplicationProperties[name] = value;
        }

        return mapped;
    }

    private static ServiceBusClient CreateClient(
        ServiceBusOptions options,
        Func<TokenCredential> credential,
        ServiceBusClientOptions settings
    ) =>
        options.ConnectionString is not { Length: > 0 } text
            ? new ServiceBusClient(options.FullyQualifiedNamespace, credential(), settings)
        : ServiceBusConnectionString.TryParse(text, out var connection, out var faults)
            ? new ServiceBusClient(
                connection.Endpoint.Host,
                new AzureNamedKeyCredential(connection.KeyName, connection.Key),
                settings
            )
        : throw new ArgumentException(string.Join("; ", faults), nameof(options));

    private ServiceBusSender SenderOf(string topic)
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
