using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace NotificationHub.LocalBus;

/// <summary>Management of a subscription's messages and sessions.</summary>
internal static class QueueOperations
{
    public const string PeekOperation = "com.microsoft:peek-message";
    public const string SessionsOperation = "com.microsoft:get-message-sessions";

    /// <summary>The result; null if the operation is unknown.</summary>
    public static AmqpMap? Handle(MessageQueue queue, ManagementRequest request) =>
        request.Operation switch
        {
            "com.microsoft:renew-lock" => Renew(queue, request),
            PeekOperation => Peek(
                queue.Peek(
                    request.Number("from-sequence-number", 1),
                    (int)request.Number("message-count", 1),
                    request.Text("session-id")
                )
            ),
            "com.microsoft:receive-by-sequence-number" => ReceiveDeferred(queue, request),
            "com.microsoft:update-disposition" => Settle(queue, request),
            "com.microsoft:renew-session-lock" => Map(
                ("expiration", queue.RenewSession(request.Required("session-id")))
            ),
            "com.microsoft:get-session-state" => Map(
                ("session-state", (object?)queue.GetSessionState(request.Required("session-id")))
            ),
            "com.microsoft:set-session-state" => SetState(queue, request),
            SessionsOperation => Sessions(queue, request),
            _ => null,
        };

    public static AmqpMap Map(params ReadOnlySpan<(string Name, object? Value)> entries)
    {
        var map = new AmqpMap();
        foreach (var (name, value) in entries)
        {
            map[new MapKey(name)] = value;
        }

        return map;
    }

    public static AmqpMap Peek(List<ArraySegment<byte>> messages) =>
        messages.Count == 0
            ? []
            : Map(("messages", messages.ConvertAll(object (encoded) => Map(("message", encoded)))));

    private static AmqpMap Renew(MessageQueue queue, ManagementRequest request) =>
        Map(
            (
                "expirations",
                request.List<Guid>("lock-tokens").Select(token => queue.Renew(token) ?? throw LockLost()).ToArray()
            )
        );

    private static AmqpMap ReceiveDeferred(MessageQueue queue, ManagementRequest request)
    {
        var isPeekLock = request.Number("receiver-settle-mode", 1) == 1;
        var received = queue.ReceiveDeferred(request.List<long>("sequence-numbers"), isPeekLock);
        return received.Count == 0
            ? throw new AmqpException(AmqpConditions.MessageNotFound, "A message does not exist or is not deferred.")
            : Map(
                (
                    "messages",
                    received.ConvertAll(
                        object (message) => Map(("lock-token", message.LockToken), ("message", message.Encoded))
                    )
                )
            );
    }

    private static AmqpMap Settle(MessageQueue queue, ManagementRequest request)
    {
        var changed = request.Value("properties-to-modify") is AmqpMap map
            ? map.ToDictionary(pair => pair.Key.Key.ToString()!, pair => pair.Value)
            : [];
        Settlement settlement = request.Required("disposition-status") switch
        {
            "completed" => new Settlement.Complete(),
            "abandoned" => new Settlement.Abandon { Changed = changed },
            "defered" => new Settlement.Defer { Changed = changed },
            "suspended" => new Settlement.DeadLetter(
                request.Text("deadletter-reason"),
                request.Text("deadletter-description")
            )
            {
                Changed = changed,
            },
            var other => throw new AmqpException(AmqpConditions.ArgumentError, $"Unknown disposition '{other}'."),
        };
        foreach (var token in request.List<Guid>("lock-tokens"))
        {
            if (!queue.Settle(token, settlement))
            {
                throw LockLost();
            }
        }

        return [];
    }

    private static AmqpMap SetState(MessageQueue queue, ManagementRequest request)
    {
        queue.SetSessionState(
            request.Required("session-id"),
            request.Value("session-state") is ArraySegment<byte> state
                ? new ArraySegment<byte>(state.ToArray())
                : (ArraySegment<byte>?)null
        );
        return [];
    }

    private static AmqpMap Sessions(MessageQueue queue, ManagementRequest request)
    {
        var skip = (int)request.Number("skip", 0);
        var ids = queue.SessionIds().Skip(skip).Take((int)request.Number("top", 100)).ToArray();
        return ids.Length == 0 ? [] : Map(("skip", skip + ids.Length), ("sessions-ids", ids));
    }

    private static AmqpException LockLost() =>
        new(AmqpConditions.MessageLockLost, "The lock has expired, or the message is already settled.");
}
