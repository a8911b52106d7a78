using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NotificationHub.Simulator.ServiceBus;

/// <summary>Takes messages from a subscription or its dead letters, and settles the locks on them.</summary>
internal static class ReceiveEndpoint
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(60);

    /// <summary><c>POST</c> (peek-lock) or <c>DELETE</c> (receive and delete) of <c>…/messages/head</c>.</summary>
    public static async Task TakeAsync(HttpContext context, SimulatedSubscription subscription, MessageQueue queue)
    {
        var peekLock = HttpMethods.IsPost(context.Request.Method);
        var received = await subscription.ReceiveAsync(queue, peekLock, Wait(context.Request), context.RequestAborted);
        if (received is null)
        {
            context.Response.StatusCode = 204;
            return;
        }

        context.Response.StatusCode = peekLock ? 201 : 200;
        WriteHeaders(context, received);
        await context.Response.Body.WriteAsync(received.Message.Body, context.RequestAborted);
    }

    /// <summary><c>DELETE</c> (complete), <c>PUT</c> (unlock) or <c>POST</c> (renew) of <c>…/messages/{id}/{lockToken}</c>.</summary>
    public static void Settle(
        HttpContext context,
        SimulatedSubscription subscription,
        MessageQueue queue,
        string id,
        string lockToken
    )
    {
        if (!Guid.TryParse(lockToken, out var token))
        {
            throw ServiceBusRefusal.Malformed("The lock token is not a GUID.");
        }

        var done = context.Request.Method switch
        {
            "DELETE" => subscription.Complete(queue, id, token),
            "PUT" => queue.Unlock(id, token),
            "POST" => queue.Renew(id, token),
            _ => throw new ServiceBusRefusal(405, "A lock is completed, unlocked or renewed."),
        };

        // Losing a lock is a consumer's everyday life, and no violation.
        context.Response.StatusCode = done ? 200 : 404;
    }

    private static TimeSpan Wait(HttpRequest request)
    {
        if (request.Query["timeout"].ToString() is not { Length: > 0 } text)
        {
            return DefaultWait;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : throw ServiceBusRefusal.Malformed("timeout is not a number of seconds.");
    }

    private static void WriteHeaders(HttpContext context, ReceivedMessage received)
    {
        var headers = context.Response.Headers;
        context.Response.ContentType = received.Message.ContentType;
        context.Response.ContentLength = received.Message.Body.Length;
        headers["BrokerProperties"] = Describe(received).ToJsonString();
        foreach (var (name, value) in received.Message.Properties)
        {
            headers[name] = JsonSerializer.Serialize(value);
        }

        if (received.LockToken != Guid.Empty)
        {
            var request = context.Request;
            var messages = request.Path.Value![..^"/head".Length];
            headers.Location =
                $"{request.Scheme}://{request.Host}{messages}/{received.SequenceNumber}/{received.LockToken}";
        }
    }

    private static JsonObject Describe(ReceivedMessage received)
    {
        var message = received.Message;
        var broker = new JsonObject
        {
            ["MessageId"] = message.MessageId,
            ["SequenceNumber"] = received.SequenceNumber,
            ["DeliveryCount"] = received.DeliveryCount,
            ["EnqueuedTimeUtc"] = message.EnqueuedAt.ToString("R"),
        };
        if (received.LockToken != Guid.Empty)
        {
            broker["LockToken"] = received.LockToken;
            broker["LockedUntilUtc"] = received.LockedUntil.ToString("R");
        }

        AddText(broker, nameof(message.SessionId), message.SessionId);
        AddText(broker, nameof(message.PartitionKey), message.PartitionKey);
        AddText(broker, nameof(message.Label), message.Label);
        AddText(broker, nameof(message.CorrelationId), message.CorrelationId);
        AddText(broker, nameof(message.To), message.To);
        AddText(broker, nameof(message.ReplyTo), message.ReplyTo);
        AddText(broker, nameof(message.ReplyToSessionId), message.ReplyToSessionId);
        if (message.TimeToLive is { } timeToLive)
        {
            broker["TimeToLive"] = timeToLive.TotalSeconds;
        }

        return broker;
    }

    private static void AddText(JsonObject broker, string name, string? value)
    {
        if (value is not null)
        {
            broker[name] = value;
        }
    }
}
