using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>What Service Bus's answer to a batch means.</summary>
internal static partial class ServiceBusAnswer
{
    private const int Created = 201;

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
        return IsRefusal(response.Status)
            ? SendFaults.Tracking(body)
            : SendFaults.Detail(DetailElement().Match(body).Groups["text"].Value);
    }

    [GeneratedRegex("<Detail>(?<text>[^<]*)</Detail>")]
    private static partial Regex DetailElement();
}
