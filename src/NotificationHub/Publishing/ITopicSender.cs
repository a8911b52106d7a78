namespace NotificationHub.Publishing;

/// <summary>Hands batches of messages to a broker's topics. It tries once: when to try again is the publisher's decision.</summary>
internal interface ITopicSender
{
    /// <summary>The most that the sum of <see cref="Measure"/> over one batch may be, in bytes.</summary>
    int MaxBatchBytes { get; }

    /// <summary>
    /// The bytes that <paramref name="message"/> adds to a batch; never less than it really adds. A message that alone
    /// measures more than <see cref="MaxBatchBytes"/> cannot be sent.
    /// </summary>
    int Measure(TopicMessage message);

    /// <summary>Sends the batch in its order; returns once the broker has accepted all of it.</summary>
    /// <exception cref="TopicSendException">
    /// The batch was not accepted, or nobody knows whether it was: the same batch may be sent again, for the broker drops
    /// repeated message ids.
    /// </exception>
    Task SendAsync(string topic, IReadOnlyList<TopicMessage> batch, CancellationToken cancellationToken);
}
