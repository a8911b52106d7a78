namespace NotificationHub.Publishing;

/// <summary>A batch that was not, or not surely, accepted.</summary>
/// <param name="fault">What follows for the topic.</param>
/// <param name="status">The broker's HTTP status; null when it gave none (network, timeout).</param>
/// <param name="retryAfter">How long the broker asks to be left alone.</param>
/// <param name="message">What happened, without anything secret or personal.</param>
/// <param name="inner">The underlying fault.</param>
internal sealed class TopicSendException(
    TopicSendFault fault,
    int? status,
    TimeSpan? retryAfter,
    string message,
    Exception? inner = null
) : Exception(message, inner)
{
    public TopicSendFault Fault => fault;

    public int? Status => status;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>What a failed send says.</summary>
internal enum TopicSendFault
{
    /// <summary>The broker refuses this content (400, 413): some message of the batch is at fault.</summary>
    Refused,

    /// <summary>
    /// The broker refuses a batch of several messages and does not say whether for its size (403): a smaller one tells.
    /// No message is at fault.
    /// </summary>
    PerhapsTooLarge,

    /// <summary>The topic takes nothing at present (401, 403, 404, 410, 429, 5xx, network, timeout): none is at fault.</summary>
    Stopped,
}
