using System.Text.RegularExpressions;
using Azure;
using Azure.Identity;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>What is told of a send that failed, in words that neither repeat a credential nor quote a message.</summary>
internal static partial class SendFaults
{
    private const int MaxDetailLength = 300;

    /// <summary>The topic gave no answer. No message is at fault: the topic waits, and shows why.</summary>
    public static TopicSendException Unanswered(string topic, Exception exception, TimeSpan? timedOutAfter)
    {
        var reason = exception switch
        {
            _ when timedOutAfter is { } timeout => $"no answer within {timeout.TotalSeconds:0.#} s",
            AuthenticationFailedException => "no token could be had for Service Bus",
            RequestFailedException => $"Service Bus could not be reached ({exception.GetBaseException().Message})",
            _ => $"the request failed ({exception.GetType().Name})",
        };
        return new(TopicSendFault.Stopped, status: null, retryAfter: null, $"Topic {topic}: {reason}.", exception);
    }

    /// <summary>What the bus says of a topic that takes nothing, in brackets; empty where it says nothing.</summary>
    public static string Detail(string text)
    {
        // Whoever answers may quote the request, with what lets the hub in.
        var detail = Credential().Replace(text, "${kind}…");
        return detail.Length switch
        {
            0 => "",
            > MaxDetailLength => $" ({detail[..MaxDetailLength]}…)",
            _ => $" ({detail})",
        };
    }

    /// <summary>What may be told of a refusal: its detail may quote the message, its tracking id is what Azure's support asks for.</summary>
    public static string Tracking(string text) =>
        TrackingId().Match(text) is { Success: true } match ? $" ({match.Value})" : "";

    [GeneratedRegex(
        @"(?<kind>SharedAccessSignature|Bearer|SharedAccessKey=|sig=)\s*\S+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Credential();

    [GeneratedRegex("TrackingId:[0-9A-Za-z_-]{1,80}")]
    private static partial Regex TrackingId();
}
