using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Core;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

/// <summary>A message in the dead-letter queue of a subscription.</summary>
internal sealed record SubscriptionDeadLetter
{
    /// <summary>The sequence number of the message in the queue.</summary>
    public required long Seq { get; init; }

    public required string MessageId { get; init; }

    public string? Type { get; init; }

    public string? Location { get; init; }

    /// <summary>The reason that the consumer or Service Bus gave.</summary>
    public string? Reason { get; init; }

    public string? Description { get; init; }

    public required int DeliveryCount { get; init; }

    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>The message body as text; null in a list.</summary>
    public string? Body { get; init; }
}

/// <summary>The dead-letter queue cannot be used. The message says what was not changed, and what to do.</summary>
internal sealed class DeadLetterQueueException(bool isNotFound, string message, Exception? inner = null)
    : Exception(message, inner),
        IAuditedError
{
    public bool IsNotFound => isNotFound;

    public bool IsRejection => isNotFound;

    public string AuditDetail => isNotFound ? "not found" : "Service Bus refused or did not respond";
}

/// <summary>Works on the dead-letter queues of subscriptions, which belong to the consumers, through the SDK.</summary>
// A message is resubmitted before its dead letter is completed. A crash between them repeats the message with the same ID when the command
// is repeated, and duplicate detection drops it. In the other order, the crash would lose the message.
internal sealed partial class SubscriptionDeadLetters(
    IOptions<ServiceBusOptions> bus,
    IServiceProvider services,
    AuditTrail audit
)
{
    /// <summary>How many messages at the head of the queue are searched.</summary>
    public const int MaxSearched = 1_000;

    private const int BatchSize = 100;

    private static readonly TimeSpan ReceiveWait = TimeSpan.FromSeconds(2);

    /// <summary>Lists dead letters without locking them.</summary>
    public Task<IReadOnlyList<SubscriptionDeadLetter>> ListAsync(
        string topic,
        string subscription,
        long after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            topic,
            subscription,
            async (_, receiver) =>
                (IReadOnlyList<SubscriptionDeadLetter>)
                    [.. (await PeekAsync(receiver, after, limit, cancellationToken)).Select(message => Create(message))]
        );

    public Task<SubscriptionDeadLetter> GetAsync(
        string topic,
        string subscription,
        long seq,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            topic,
            subscription,
            async (_, receiver) =>
                await PeekAsync(receiver, seq - 1, 1, cancellationToken) is [var found] && found.SequenceNumber == seq
                    ? Create(found) with
                    {
                        Body = found.Body.ToString(),
                    }
                    : throw new DeadLetterQueueException(
                        isNotFound: true,
                        $"The subscription {topic}/{subscription} has no dead letter {seq}."
                    )
        );

    /// <summary>Resubmits dead letters to this subscription only, or discards them.</summary>
    /// <param name="selection">A valid selection.</param>
    public async Task<IReadOnlyList<DecisionDocument>> DecideAsync(
        string topic,
        string subscription,
        DeadLetterSelection selection,
        bool isDiscard,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        if (selection.DryRun)
        {
            return await RunAsync(
                topic,
                subscription,
                async (_, receiver) =>
                {
                    var found = await SelectAsync(receiver, selection, cancellationToken);
                    return Results(found, selection, found, DeadLetterDecision.DryRun);
                }
            );
        }

        return await audit.RunAsync(
            actor,
            new AuditedAct(
                isDiscard ? "dead-letters discard" : "dead-letters resend",
                LocationId: null,
                $"subscription {topic}/{subscription}: {selection}"
            ),
            () =>
                RunAsync(
                    topic,
                    subscription,
                    async (client, receiver) =>
                    {
                        var found = await SelectAsync(receiver, selection, cancellationToken);
                        await using var sender = client.CreateSender(topic);
                        var done = await TakeAsync(
                            receiver,
                            found,
                            message =>
                                isDiscard
                                    ? Task.CompletedTask
                                    : sender.SendMessageAsync(
                                        CreateResubmission(message, subscription, actor),
                                        cancellationToken
                                    ),
                            cancellationToken
                        );
                        return Results(found, selection, done, DeadLetterDecision.Taken);
                    }
                ),
            detailOf: results =>
                string.Join(
                    ": ",
                    new[]
                    {
                        $"{results.Count(result => result.Result == DeadLetterDecision.Taken)} messages",
                        selection.Reason,
                    }.OfType<string>()
                )
        );
    }

    /// <summary>The message with an ID that is new to the topic, but the same whenever this dead letter is resubmitted.</summary>
    public static ServiceBusMessage CreateResubmission(
        ServiceBusReceivedMessage deadLetter,
        string subscription,
        Actor actor
    )
    {
        var suffix = string.Create(CultureInfo.InvariantCulture, $".d{deadLetter.SequenceNumber}");
        var id = Resubmitted().Replace(deadLetter.MessageId, "");
        var message = new ServiceBusMessage(deadLetter)
        {
            MessageId = id[..Math.Min(id.Length, TopicMessages.MaxIdLength - suffix.Length)] + suffix,
        };
        TopicMessages.Address(message, subscription, actor.Name);
        return message;
    }

    private static async Task<IReadOnlyList<long>> SelectAsync(
        ServiceBusReceiver receiver,
        DeadLetterSelection selection,
        CancellationToken cancellationToken
    )
    {
        var type = selection.Type is null ? null : EventTypes.NameOf(selection.Type) ?? selection.Type;
        return
        [
            .. (await PeekAsync(receiver, after: 0, MaxSearched, cancellationToken))
                .Where(message =>
                    selection.Seqs is { Count: > 0 } seqs
                        ? seqs.Contains(message.SequenceNumber)
                        : type is null || TypeOf(message) == type
                )
                .Select(message => message.SequenceNumber),
        ];
    }

    private static async Task<List<ServiceBusReceivedMessage>> PeekAsync(
        ServiceBusReceiver receiver,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<ServiceBusReceivedMessage> messages = [];
        while (messages.Count < limit)
        {
            var from = messages.Count == 0 ? after + 1 : messages[^1].SequenceNumber + 1;
            var page = await receiver.PeekMessagesAsync(
                Math.Min(limit - messages.Count, BatchSize),
                from,
                cancellationToken
            );
            if (page.Count == 0)
            {
                break;
            }

            messages.AddRange(page);
        }

        return messages;
    }

    // Service Bus cannot lock a certain message of a queue, so this locks them in order and unlocks the others at the end.
    private static async Task<List<long>> TakeAsync(
        ServiceBusReceiver receiver,
        IReadOnlyList<long> chosen,
        Func<ServiceBusReceivedMessage, Task> act,
        CancellationToken cancellationToken
    )
    {
        HashSet<long> left = [.. chosen];
        HashSet<long> seen = [];
        List<long> done = [];
        List<ServiceBusReceivedMessage> locked = [];
        try
        {
            while (left.Count > 0 && seen.Count < 2 * MaxSearched)
            {
                var batch = await receiver.ReceiveMessagesAsync(BatchSize, ReceiveWait, cancellationToken);
                locked.AddRange(batch);
                // A message that comes again was locked for too long: all have been seen.
                if (batch.Count == 0 || batch.Any(message => !seen.Add(message.SequenceNumber)))
                {
                    break;
                }

                foreach (var message in batch.Where(message => left.Contains(message.SequenceNumber)))
                {
                    await act(message);
                    await receiver.CompleteMessageAsync(message, CancellationToken.None);
                    locked.Remove(message);
                    left.Remove(message.SequenceNumber);
                    done.Add(message.SequenceNumber);
                }
            }
        }
        finally
        {
            await UnlockAsync(receiver, locked);
        }

        return done;
    }

    private static async Task UnlockAsync(ServiceBusReceiver receiver, List<ServiceBusReceivedMessage> messages)
    {
        try
        {
            foreach (var message in messages)
            {
                await receiver.AbandonMessageAsync(message, cancellationToken: CancellationToken.None);
            }
        }
        catch (ServiceBusException)
        {
            // The locks expire within a minute.
        }
    }

    private static IReadOnlyList<DecisionDocument> Results(
        IReadOnlyList<long> found,
        DeadLetterSelection selection,
        IReadOnlyList<long> done,
        DeadLetterDecision decision
    ) =>
        [
            .. (selection.Seqs is { Count: > 0 } seqs ? seqs : found).Select(seq => new DecisionDocument(
                seq,
                done.Contains(seq) ? decision
                    : found.Contains(seq) ? DeadLetterDecision.NotOpen
                    : DeadLetterDecision.NotFound
            )),
        ];

    private static SubscriptionDeadLetter Create(ServiceBusReceivedMessage message) =>
        new()
        {
            Seq = message.SequenceNumber,
            MessageId = message.MessageId,
            Type = TypeOf(message),
            Location = message.ApplicationProperties.GetValueOrDefault("location") as string,
            Reason = message.DeadLetterReason,
            Description = message.DeadLetterErrorDescription,
            DeliveryCount = message.DeliveryCount,
            EnqueuedAt = message.EnqueuedTime,
        };

    private static string? TypeOf(ServiceBusReceivedMessage message) =>
        message.Subject is null ? null : EventTypes.NameOf(message.Subject) ?? message.Subject;

    private async Task<T> RunAsync<T>(
        string topic,
        string subscription,
        Func<ServiceBusClient, ServiceBusReceiver, Task<T>> work
    )
    {
        if (!bus.Value.IsConfigured)
        {
            throw new DeadLetterQueueException(
                isNotFound: true,
                "No Service Bus is configured, so there is no subscription. Set ServiceBus:FullyQualifiedNamespace or ServiceBus:ConnectionString."
            );
        }

        await using var client = ServiceBusSetup.CreateClient(
            bus.Value,
            "dead-letters",
            services.GetRequiredService<TokenCredential>
        );
        await using var receiver = client.CreateReceiver(
            topic,
            subscription,
            new ServiceBusReceiverOptions { SubQueue = SubQueue.DeadLetter }
        );
        try
        {
            return await work(client, receiver);
        }
        catch (Exception exception)
            when (exception is not (DeadLetterQueueException or OperationCanceledException or OutOfMemoryException))
        {
            throw Explain(topic, subscription, exception);
        }
    }

    private static DeadLetterQueueException Explain(string topic, string subscription, Exception exception) =>
        exception switch
        {
            UnauthorizedAccessException => new(
                isNotFound: false,
                $"Service Bus does not let this identity receive from the subscription {topic}/{subscription}. "
                    + $"Assign it the role Azure Service Bus Data Receiver on {topic}/Subscriptions/{subscription}, and, to resend, "
                    + $"Azure Service Bus Data Sender on {topic}; or use a key with the claims Listen and Send. "
                    + "What was not listed as done is unchanged.",
                exception
            ),
            ServiceBusException { Reason: ServiceBusFailureReason.MessagingEntityNotFound } => new(
                isNotFound: true,
                $"The namespace has no subscription {topic}/{subscription}. Check its name.",
                exception
            ),
            _ => new(
                isNotFound: false,
                $"The subscription {topic}/{subscription} could not be used ({SendErrors.Create(exception, null).Message}) "
                    + "Dead letters that are still listed are unchanged. Repeating the command is safe.",
                exception
            ),
        };

    [GeneratedRegex(@"\.d\d+$", RegexOptions.CultureInvariant)]
    private static partial Regex Resubmitted();
}
