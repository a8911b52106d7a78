namespace NotificationHub.Publishing.ServiceBus;

/// <summary>A topic that accepts nothing at present. No message causes it.</summary>
/// <param name="error">The kind of failure.</param>
/// <param name="retryAfter">How long Service Bus wants the topic to be left alone; null if it does not say.</param>
/// <param name="message">What happened, without credentials or personal data.</param>
/// <param name="inner">The SDK's exception.</param>
internal sealed class TopicSendException(
    TopicSendError error,
    TimeSpan? retryAfter,
    string message,
    Exception? inner = null
) : Exception(message, inner)
{
    public TopicSendError Error => error;

    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>Why a topic accepts nothing.</summary>
internal enum TopicSendError
{
    /// <summary>The identity or the key has no right to send, or the key is wrong.</summary>
    Unauthorized,

    /// <summary>No token could be obtained for Service Bus.</summary>
    NoToken,

    TopicNotFound,

    TopicDisabled,

    QuotaExceeded,

    /// <summary>Service Bus throttles the namespace.</summary>
    Busy,

    /// <summary>No response within the time limit.</summary>
    Timeout,

    /// <summary>There is no connection to Service Bus, or it was cut.</summary>
    Unreachable,

    /// <summary>A batch is rejected three times in a row, or Service Bus failed in another way.</summary>
    Failed,
}
