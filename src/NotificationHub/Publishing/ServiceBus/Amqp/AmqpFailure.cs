namespace NotificationHub.Publishing.ServiceBus.Amqp;

/// <summary>
/// What a failed send over AMQP means. Reasons are the names of the SDK's <c>ServiceBusFailureReason</c>: the SDK is not in
/// every build, and this is.
/// </summary>
internal static class AmqpFailure
{
    /// <param name="topic">Where it was sent.</param>
    /// <param name="reason">The SDK's reason; null where the exception is not the SDK's.</param>
    /// <param name="exception">What the SDK threw.</param>
    /// <param name="timedOutAfter">The sender's own time limit, where that was it.</param>
    public static TopicSendException Explain(
        string topic,
        string? reason,
        Exception exception,
        TimeSpan? timedOutAfter = null
    )
    {
        if (timedOutAfter is not null || Judge(reason, exception) is not { } judged)
        {
            return SendFaults.Unanswered(topic, exception, timedOutAfter);
        }

        var (status, told) = judged;
        return status switch
        {
            400 or 413 => new(
                TopicSendFault.Refused,
                status,
                retryAfter: null,
                $"Topic {topic}: Service Bus refused the content ({told}){SendFaults.Tracking(exception.Message)}.",
                exception
            ),
            _ => new(
                TopicSendFault.Stopped,
                status,
                retryAfter: null,
                $"Topic {topic}: {told}{SendFaults.Detail(exception.Message)}.",
                exception
            ),
        };
    }

    /// <summary>The batch did not fit into what the link takes: as if the bus had refused it for its size.</summary>
    public static TopicSendException TooLarge(string topic, int count, long limit) =>
        new(
            TopicSendFault.Refused,
            status: 413,
            retryAfter: null,
            $"Topic {topic}: {count} messages are more than the {limit} bytes that it takes."
        );

    // The status that the HTTPS interface gives for the same, which doctor's advice and the runbook go by.
    private static (int? Status, string Told)? Judge(string? reason, Exception exception) =>
        reason switch
        {
            "MessagingEntityNotFound" => (404, "Service Bus knows no such topic"),
            "MessagingEntityDisabled" => (403, "the topic is disabled"),
            "QuotaExceeded" => (403, "a quota is full"),
            "MessageSizeExceeded" => (413, "too large"),
            "ServiceBusy" => (503, "Service Bus is busy"),
            "ServiceTimeout" => (504, "Service Bus did not answer in time"),
            "ServiceCommunicationProblem" => (null, "Service Bus could not be reached"),
            not null => (500, $"Service Bus failed: {reason}"),
            null when exception is UnauthorizedAccessException => (401, "Service Bus does not let this identity in"),
            // What the bus calls amqp:argument-error.
            null when exception is ArgumentException => (400, "not well formed"),
            null => null,
        };
}
