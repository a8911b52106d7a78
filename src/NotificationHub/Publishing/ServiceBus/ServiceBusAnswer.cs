using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>What Service Bus's answer to a batch means.</summary>
internal static partial class ServiceBusAnswer
{
    private const int Created = 201;
    private const int MaxDetailLength = 300;

    /// <param name="count">How many messages the batch had.</param>
    /// <exception cref="TopicSendException">The answer is anything but 201.</exception>
    public static void DemandAccepted(string topic, int count, Response response, DateTimeOffset now)
    {
        // Nothing else will do: a proxy on the way may well answer 200 for itself.
        if (response.Status != Created)
        {
            throw new TopicSendException(
                FaultOf(response.Status, count),
                response.Status,
                RetryAfter(response.Headers, now),
                $"Topic {topic}: Service Bus answered {response.Status}{Explain(response)}."
            );
        }
    }

    // 413 is not documented, but says the same of the content as 400, and halving the batch cures it.
    private static bool IsRefusal(int status) => status is 400 or 413;

    // 403 is no right, a full quota or a batch that is too large; Service Bus counts its own encoding of it, not ours.
    private static TopicSendFault FaultOf(int status, int count) =>
        IsRefusal(status) ? TopicSendFault.Refused
        : status == 403 && count > 1 ? TopicSendFault.PerhapsTooLarge
        : TopicSendFault.Stopped;

    private static TimeSpan? RetryAfter(ResponseHeaders headers, DateTimeOffset now)
    {
        if (
            !headers.TryGetValue("Retry-After", out var text)
            || !RetryConditionHeaderValue.TryParse(text, out var condition)
        )
        {
            return null;
        }

        var wait = condition.Delta ?? condition.Date - now;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string Explain(Response response)
    {
        if (response.ContentStream is null)
        {
            return "";
        }

        var body = response.Content.ToString();
        if (IsRefusal(response.Status))
        {
            // Its detail may quote the message. The tracking id is what Azure's support asks for.
            return TrackingId().Match(body) is { Success: true } match ? $" ({match.Value})" : "";
        }

        // Whoever answers may quote the request, with what lets the hub in.
        var detail = Credential().Replace(Detail().Match(body).Groups["text"].Value, "${kind}…");
        return detail.Length switch
        {
            0 => "",
            > MaxDetailLength => $" ({detail[..MaxDetailLength]}…)",
            _ => $" ({detail})",
        };
    }

    [GeneratedRegex("<Detail>(?<text>[^<]*)</Detail>")]
    private static partial Regex Detail();

    [GeneratedRegex(
        @"(?<kind>SharedAccessSignature|Bearer|SharedAccessKey=|sig=)\s*\S+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Credential();

    [GeneratedRegex("TrackingId:[0-9A-Za-z_-]{1,80}")]
    private static partial Regex TrackingId();
}
