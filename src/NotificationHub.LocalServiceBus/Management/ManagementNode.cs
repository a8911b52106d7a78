using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;
using Microsoft.Azure.Amqp.Framing;

namespace NotificationHub.LocalBus;

/// <summary>The <c>$management</c> nodes: requests about a topic or a subscription, over links.</summary>
internal sealed class ManagementNode(BusContext bus)
{
    public void Open(BusConnection connection, AmqpLink link, BusAddress entity)
    {
        // Rejects unknown entities.
        _ = entity.Subscription is { } name ? (object)bus.Subscription(entity.Topic, name) : bus.Topic(entity.Topic);
        var node = entity.Path.ToUpperInvariant();
        if (link is SendingAmqpLink reply)
        {
            connection.AddReplyLink(node, reply);
            return;
        }

        var requests = (ReceivingAmqpLink)link;
        requests.RegisterMessageListener(request =>
        {
            connection.Reply(node, request, Answer(entity, request));
            requests.AcceptMessage(request, settled: true, batchable: false);
        });
    }

    private AmqpMessage Answer(BusAddress entity, AmqpMessage message)
    {
        try
        {
            var request = new ManagementRequest(
                message.ApplicationProperties?.Map["operation"] as string ?? "",
                message.ValueBody?.Value as AmqpMap ?? []
            );
            var result = entity.Subscription is null
                ? TopicOperations.Handle(bus, bus.Topic(entity.Topic), request)
                : RuleOperations.Handle(bus.Subscription(entity.Topic, entity.Subscription), request)
                    ?? QueueOperations.Handle(bus.Queue(entity), request);
            return result is null
                ? Failure(
                    501,
                    AmqpConditions.NotImplemented,
                    $"The local Service Bus does not support '{request.Operation}'."
                )
                : Response(result.Count == 0 && request.IsQuery ? 204 : 200, "OK", result);
        }
        catch (AmqpException e)
        {
            return Failure(Status(e.Error.Condition.Value), e.Error.Condition.Value, e.Error.Description);
        }
        catch (Exception e)
        {
            return Failure(500, AmqpConditions.InternalError, e.GetType().Name);
        }
    }

    private static int Status(string condition) =>
        condition switch
        {
            AmqpConditions.NotFound or AmqpConditions.MessageNotFound => 404,
            AmqpConditions.MessageLockLost or AmqpConditions.SessionLockLost => 410,
            AmqpConditions.EntityAlreadyExists => 409,
            AmqpConditions.NotImplemented => 501,
            AmqpConditions.ResourceLimitExceeded => 403,
            _ => 400,
        };

    private static AmqpMessage Failure(int status, string condition, string description)
    {
        var response = Response(status, description, []);
        response.ApplicationProperties.Map["errorCondition"] = new AmqpSymbol(condition);
        return response;
    }

    private static AmqpMessage Response(int status, string description, AmqpMap body)
    {
        var response = AmqpMessage.Create(new AmqpValue { Value = body });
        response.ApplicationProperties = new ApplicationProperties();
        response.ApplicationProperties.Map["statusCode"] = status;
        response.ApplicationProperties.Map["statusDescription"] = description;
        return response;
    }
}

/// <summary>An operation and its arguments.</summary>
internal sealed record ManagementRequest(string Operation, AmqpMap Body)
{
    /// <summary>Whether an empty result is "no content".</summary>
    public bool IsQuery =>
        Operation is QueueOperations.PeekOperation or QueueOperations.SessionsOperation or RuleOperations.ListOperation;

    public string? Text(string name) => Value(name) as string;

    public string Required(string name) =>
        Text(name) ?? throw new AmqpException(AmqpConditions.ArgumentError, $"The request lacks '{name}'.");

    public object? Value(string name) => Body.TryGetValue(new MapKey(name), out object value) ? value : null;

    public long Number(string name, long otherwise) => Value(name) is { } value ? Convert.ToInt64(value) : otherwise;

    /// <summary>The elements of an array or a list.</summary>
    public List<T> List<T>(string name) =>
        Value(name) is System.Collections.IEnumerable values ? [.. values.Cast<T>()] : [];
}
