using System.Collections.Concurrent;
using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;
using Microsoft.Azure.Amqp.Transport;

namespace NotificationHub.LocalBus;

/// <summary>A client's connection: its tokens, its reply links and its send links.</summary>
internal sealed class BusConnection(
    TransportBase transport,
    ProtocolHeader header,
    AmqpSettings settings,
    AmqpConnectionSettings connectionSettings
) : AmqpConnection(transport, header, isInitiator: false, settings, connectionSettings)
{
    private readonly ConcurrentDictionary<string, byte> allowed = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<(string Node, string Address), SendingAmqpLink> replies = new();

    /// <summary>The links that send to topics.</summary>
    public ConcurrentDictionary<ReceivingAmqpLink, string> Senders { get; } = new();

    /// <summary>Records that the client presented a valid token for a path.</summary>
    public void Allow(string path) => allowed[path] = 0;

    /// <summary>Whether a token covers the path, or one above it.</summary>
    public bool Allows(string path) => allowed.Keys.Any(covered => BusAddress.Covers(covered, path));

    public void AddReplyLink(string node, SendingAmqpLink link)
    {
        // The JavaScript SDK sends no address; use the link's name.
        var address = (link.Settings.Target as Target)?.Address?.ToString() ?? link.Name;
        replies[(node, address)] = link;
        link.Closed += (_, _) => replies.TryRemove((node, address), out var _);
    }

    public void Reply(string node, AmqpMessage request, AmqpMessage response)
    {
        if (
            request.Properties?.ReplyTo is { } address
            && replies.TryGetValue((node, address.ToString()!), out var link)
        )
        {
            response.Properties.CorrelationId = request.Properties.MessageId;
            link.SendMessageNoWait(response, new(Guid.NewGuid().ToByteArray()), AmqpConstants.NullBinary);
        }
    }

    /// <summary>Resets the TCP connection. The call may come from the library's own callbacks.</summary>
    public void Cut() => ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Abort(), this, false);
}
