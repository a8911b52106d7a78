using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace NotificationHub.LocalBus;

/// <summary>The node <c>$cbs</c>, to which clients present their tokens.</summary>
internal sealed class TokenNode(BusContext bus)
{
    private const string SasType = "servicebus.windows.net:sastoken";
    private readonly SharedAccessCheck access = new(bus.Options.KeyName, bus.Options.Key);

    public void Open(BusConnection connection, AmqpLink link)
    {
        if (link is SendingAmqpLink reply)
        {
            connection.AddReplyLink(BusAddress.Tokens, reply);
            return;
        }

        var requests = (ReceivingAmqpLink)link;
        requests.RegisterMessageListener(request =>
        {
            connection.Reply(BusAddress.Tokens, request, Answer(connection, request));
            requests.AcceptMessage(request, settled: true, batchable: false);
        });
    }

    private AmqpMessage Answer(BusConnection connection, AmqpMessage request)
    {
        try
        {
            var properties = request.ApplicationProperties?.Map;
            var type = properties?["type"] as string;
            if (properties?["operation"] as string != "put-token" || type != SasType)
            {
                return Response(400, $"Only put-token with {SasType} is supported, not the type '{type}'.");
            }

            var token = request.ValueBody?.Value as string;
            if (bus.Faults.RefuseTokens?.Invoke(token ?? "") is { } refusal)
            {
                return Response(401, refusal);
            }

            connection.Allow(access.Resource(token));
            return Response(202, "Accepted");
        }
        catch (AmqpException e)
        {
            bus.Violations.Add($"token: {e.Error.Description}");
            return Response(401, e.Error.Description);
        }
        catch (Exception e)
        {
            return Response(500, e.GetType().Name);
        }
    }

    private static AmqpMessage Response(int status, string description)
    {
        var response = AmqpMessage.Create(new AmqpValue());
        response.ApplicationProperties = new ApplicationProperties();
        response.ApplicationProperties.Map["status-code"] = status;
        response.ApplicationProperties.Map["status-description"] = description;
        return response;
    }
}
