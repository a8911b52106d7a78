using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Diagnostics;

/// <summary>Opens a link to each topic, which requires the right to send, but sends no message.</summary>
internal sealed class ServiceBusCheck(IEnumerable<TopicSender> senders) : DiagnosticCheck("Service Bus")
{
    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        senders.FirstOrDefault() is { } sender
            ? await Task.WhenAll(TopicMap.Topics.Select(topic => CheckAsync(sender, topic, cancellationToken)))
            : [DiagnosticResult.NotChecked("not configured; consumers read events from /events")];

    private static async Task<DiagnosticResult> CheckAsync(
        TopicSender sender,
        string topic,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await sender.SendAsync(topic, [], cancellationToken);
            return DiagnosticResult.Ok("exists, and this identity may send", topic);
        }
        catch (TopicSendException exception)
        {
            return DiagnosticResult.Failed(exception.Message, AdviceOn(exception.Error), topic);
        }
    }

    private static string AdviceOn(TopicSendError error) =>
        error switch
        {
            TopicSendError.Unauthorized =>
                "Give the hub's identity the role Azure Service Bus Data Sender, or its shared access policy the claim Send.",
            TopicSendError.NoToken => "Check that this machine has an identity that can get a token for Service Bus.",
            TopicSendError.TopicNotFound => "Create the topics of infra/bicep/topics.json in this namespace.",
            TopicSendError.TopicDisabled => "Enable the topic.",
            TopicSendError.QuotaExceeded =>
                "Check the topic's size and its subscriptions' consumers: a full topic accepts nothing.",
            TopicSendError.Unreachable or TopicSendError.Timeout =>
                "Check the namespace's name, and that outbound port 5671 is open (443 with ServiceBus:UseWebSockets).",
            _ => "Wait and run doctor again. If the error remains, contact Azure support with the tracking ID.",
        };
}
