using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Diagnosis;

/// <summary>
/// Whether each topic can be reached and lets the hub in. An empty batch is sent, which brings no consumer a message. Over AMQP its link wants
/// the right to send; over HTTPS a topic that finds fault with nothing but the batch is all that can be seen from here.
/// </summary>
internal sealed class ServiceBusCheck(IEnumerable<ITopicSender> senders, IOptions<ServiceBusOptions> options)
    : IHubCheck
{
    private const int BadRequest = 400;

    public string Name => "Service Bus";

    public bool NeedsDatabase => false;

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken) =>
        senders.FirstOrDefault() is { } sender
            ? await Task.WhenAll(TopicMap.Topics.Select(topic => ExamineAsync(sender, topic, cancellationToken)))
            : [Finding.NotChecked("none is configured; events are read at /events")];

    private async Task<Finding> ExamineAsync(ITopicSender sender, string topic, CancellationToken cancellationToken)
    {
        var passed =
            options.Value.Transport == ServiceBusTransport.Amqp
                ? "is there and lets this identity send"
                : "is there and lets this identity in; only a first event proves the right to send, which Service Bus offers no way to ask for over HTTPS";
        try
        {
            await sender.SendAsync(topic, [], cancellationToken);
            return Finding.Ok(passed, topic);
        }
        catch (TopicSendException exception) when (exception.Status == BadRequest)
        {
            return Finding.Ok(passed, topic);
        }
        catch (TopicSendException exception)
        {
            return Finding.Failed(exception.Message, AdviceOn(exception.Status), topic);
        }
    }

    private static string AdviceOn(int? status) =>
        status switch
        {
            401 or 403 =>
                "Give the hub's identity the role Azure Service Bus Data Sender, or its shared access policy the claim Send; a full topic answers 403, too.",
            404 or 410 => "Make the topics of infra/bicep/topics.json in this namespace.",
            null =>
                "See that the namespace's name is right, that https to it is let through, and that the identity can get a token.",
            _ => "Wait and look again; if it stays so, ask Azure's support with the tracking id.",
        };
}
