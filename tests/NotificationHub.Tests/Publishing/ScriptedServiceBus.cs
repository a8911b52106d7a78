using Azure.Messaging.ServiceBus;

namespace NotificationHub.Tests.Publishing;

/// <summary>A namespace with scripted responses that records what was sent.</summary>
internal sealed class ScriptedServiceBus : ServiceBusClient
{
    /// <summary>The hub's message for <see cref="Rejected"/> by the topic <c>assets</c>.</summary>
    public const string Rejection = "Service Bus rejected the content (not well formed).";

    /// <summary>Called with each batch. An exception is the response.</summary>
    public Action<string, IReadOnlyList<ServiceBusMessage>> Respond { get; set; } = (_, _) => { };

    public long MaxBatchBytes { get; set; } = 256 * 1024;

    /// <summary>Every batch that was sent, accepted or not.</summary>
    public List<IReadOnlyList<ServiceBusMessage>> Tried { get; } = [];

    /// <summary>Every accepted message, in order.</summary>
    public List<ServiceBusMessage> Accepted { get; } = [];

    public IEnumerable<string> AcceptedIds => Accepted.Select(message => message.MessageId);

    public override ServiceBusSender CreateSender(string queueOrTopicName) => new Sender(this, queueOrTopicName);

    /// <summary>A topic that accepts nothing.</summary>
    public static ServiceBusException Stopped(
        ServiceBusFailureReason reason = ServiceBusFailureReason.ServiceTimeout
    ) => new("scripted", reason);

    /// <summary>Content that the topic rejects.</summary>
#pragma warning disable MA0015 // The SDK throws it for amqp:argument-error, without a parameter.
    public static ArgumentException Rejected() => new("scripted rejection");
#pragma warning restore MA0015

    /// <summary>Rejects every batch that contains one of these events.</summary>
    public void Poison(params string[] ids) =>
        Respond = (_, batch) =>
        {
            if (batch.Any(message => ids.Contains(message.MessageId)))
            {
                throw Rejected();
            }
        };

#pragma warning disable CA2215 // A client without a connection has nothing to dispose.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
#pragma warning restore CA2215

    private sealed class Sender(ScriptedServiceBus bus, string topic) : ServiceBusSender
    {
        public override ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(
            CancellationToken cancellationToken = default
        ) =>
            ValueTask.FromResult(
                ServiceBusModelFactory.ServiceBusMessageBatch(
                    batchSizeBytes: 0,
                    [],
                    new CreateMessageBatchOptions { MaxSizeInBytes = bus.MaxBatchBytes }
                )
            );

        public override Task SendMessagesAsync(
            IEnumerable<ServiceBusMessage> messages,
            CancellationToken cancellationToken = default
        )
        {
            IReadOnlyList<ServiceBusMessage> batch = [.. messages];
            bus.Tried.Add(batch);
            bus.Respond(topic, batch);
            bus.Accepted.AddRange(batch);
            return Task.CompletedTask;
        }
    }
}
