using System.Net.Sockets;
using System.Text.RegularExpressions;
using Azure.Identity;
using Azure.Messaging.ServiceBus;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>The topic accepts nothing at present; the content of the messages is not the cause.</summary>
/// <param name="retryAfter">The delay that Service Bus requests; null if none.</param>
/// <param name="message">What happened, without credentials or personal data.</param>
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

/// <summary>Classifies the exceptions of the Service Bus SDK.</summary>
// The messages repeat only the tracking ID of Service Bus's text, because the text may quote a token or a message.
internal static partial class SendErrors
{
    // See https://learn.microsoft.com/azure/service-bus-messaging/service-bus-throttling.
    public static readonly TimeSpan BusyRetryAfter = TimeSpan.FromSeconds(10);

    // The SDK reports a link that was closed during the send like a rejection with amqp:internal-error or amqp:not-allowed.
    public static bool MayBeClosedLink(Exception exception) =>
        exception
            is ServiceBusException
            {
                Reason: ServiceBusFailureReason.ServiceCommunicationProblem or ServiceBusFailureReason.GeneralError
            }
        || IsNotAllowed(exception);

    /// <summary>Why the topic rejects the content of the batch; null if the content is not the cause.</summary>
    public static string? Rejection(Exception exception)
    {
        var reason = exception switch
        {
            ServiceBusException { Reason: ServiceBusFailureReason.MessageSizeExceeded } => "too large",
            // amqp:argument-error and amqp:argument-out-of-range.
            ArgumentException => "not well formed",
            _ when IsNotAllowed(exception) => "not allowed",
            _ => null,
        };
        return reason is null ? null : $"Service Bus rejected the content ({reason}){Tracking(exception.Message)}.";
    }

    public static TopicSendException Create(Exception exception, TimeSpan? timedOutAfter)
    {
        var (error, reason) = timedOutAfter is { } limit
            ? (TopicSendError.Timeout, $"No response within {limit.TotalSeconds:0.#} s")
            : Classify(exception);
        return new TopicSendException(
            error,
            error == TopicSendError.Busy ? BusyRetryAfter : null,
            $"{reason}.",
            exception
        );
    }

    // amqp:not-allowed. The SDK's own misuse errors derive from it.
    private static bool IsNotAllowed(Exception exception) =>
        exception is InvalidOperationException and not ObjectDisposedException;

    private static (TopicSendError Error, string Reason) Classify(Exception exception) =>
        exception switch
        {
            ServiceBusException failure => Classify(failure),
            UnauthorizedAccessException => (
                TopicSendError.Unauthorized,
                $"Service Bus does not accept this identity or key{Tracking(exception.Message)}"
            ),
            AuthenticationFailedException => (TopicSendError.NoToken, "Could not get a token for Service Bus"),
            _ when Socket(exception) is { } socket => (
                TopicSendError.Unreachable,
                $"Service Bus could not be reached ({socket.Message})"
            ),
            _ => (TopicSendError.Failed, $"The request failed ({exception.GetType().Name})"),
        };

    private static (TopicSendError Error, string Reason) Classify(ServiceBusException exception)
    {
        var tracking = Tracking(exception.Message);
        return exception.Reason switch
        {
            ServiceBusFailureReason.MessagingEntityNotFound => (
                TopicSendError.TopicNotFound,
                $"The topic does not exist{tracking}"
            ),
            ServiceBusFailureReason.MessagingEntityDisabled => (
                TopicSendError.TopicDisabled,
                $"The topic is disabled{tracking}"
            ),
            ServiceBusFailureReason.QuotaExceeded => (TopicSendError.QuotaExceeded, $"A quota is exceeded{tracking}"),
            ServiceBusFailureReason.ServiceBusy => (TopicSendError.Busy, $"Service Bus is busy{tracking}"),
            ServiceBusFailureReason.ServiceTimeout => (
                TopicSendError.Timeout,
                $"Service Bus did not respond in time{tracking}"
            ),
            ServiceBusFailureReason.ServiceCommunicationProblem => (
                TopicSendError.Unreachable,
                $"Service Bus could not be reached{(Socket(exception) is { } socket ? $" ({socket.Message})" : tracking)}"
            ),
            _ => (
                TopicSendError.Failed,
                $"Service Bus failed{(exception.IsTransient ? " for the moment" : "")}{tracking}"
            ),
        };
    }

    private static SocketException? Socket(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is SocketException socket)
            {
                return socket;
            }
        }

        return null;
    }

    // Azure's support requires the tracking ID.
    private static string Tracking(string text) =>
        TrackingId().Match(text) is { Success: true } match ? $" ({match.Value})" : "";

    [GeneratedRegex("TrackingId:[0-9A-Za-z_-]{1,80}")]
    private static partial Regex TrackingId();
}
