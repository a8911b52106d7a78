using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace NotificationHub.Hosting.Connections;

// Limits the connections of a listener. A quarter may be unauthenticated, grouped by remote address. The others presented a valid
// credential with their last request and are grouped by its owner. When a limit is reached, the largest group loses its oldest connection.
internal sealed class ConnectionLimiter(int maxConnections, int maxPerAddress, ConnectionMetrics metrics)
{
    private const int UnauthenticatedShare = 4;

    // An Internet provider assigns such a network to one customer.
    private const int Ipv6PrefixBytes = 8;

    private readonly Lock gate = new();

    private readonly ConnectionPool unauthenticated = new(
        ConnectionLimit.Unauthenticated,
        maxConnections / UnauthenticatedShare,
        maxPerAddress
    );

    private readonly ConnectionPool authenticated = new(
        ConnectionLimit.Authenticated,
        maxConnections - (maxConnections / UnauthenticatedShare),
        int.MaxValue
    );

    public (int Unauthenticated, int Authenticated) Count
    {
        get
        {
            lock (gate)
            {
                return (unauthenticated.Count, authenticated.Count);
            }
        }
    }

    public async Task RunAsync(
        ConnectionContext transport,
        ListenerRoutes routes,
        TimeProvider time,
        ConnectionDelegate next
    )
    {
        var connection = new TrackedConnection(transport, this, routes);
        transport.Features.Set(connection);
        // During a shutdown, Kestrel waits for a request whose headers are incomplete, without its header timeout.
        var shutdown = transport.Features.Get<IConnectionLifetimeNotificationFeature>();
        using var closing = shutdown?.ConnectionClosedRequested.Register(() => _ = connection.AbortIfIdleAsync(time));
        Add(connection, unauthenticated, GroupOf(transport.RemoteEndPoint));
        try
        {
            await next(transport);
        }
        finally
        {
            Remove(connection);
        }
    }

    public void MarkAuthenticated(TrackedConnection connection, string credential)
    {
        if (Remove(connection))
        {
            Add(connection, authenticated, credential);
        }
    }

    public void MarkUnauthenticated(TrackedConnection connection, EndPoint? remote)
    {
        if (Remove(connection))
        {
            Add(connection, unauthenticated, GroupOf(remote));
        }
    }

    /// <summary>The group, which shares a limit: an IPv4 address, or the first half of an IPv6 address.</summary>
    internal static string GroupOf(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address })
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(Ipv6PrefixBytes).Clear();
        return new IPAddress(bytes).ToString();
    }

    private void Add(TrackedConnection connection, ConnectionPool pool, string group)
    {
        (TrackedConnection Connection, ConnectionLimit Limit)? removed;
        lock (gate)
        {
            removed = pool.Add(connection, group);
        }

        metrics.Opened(pool.Limit);
        if (removed is var (evicted, limit))
        {
            metrics.Ended(pool.Limit);
            metrics.Closed(limit);
            evicted.Abort();
        }
    }

    private bool Remove(TrackedConnection connection)
    {
        ConnectionPool? pool;
        lock (gate)
        {
            pool = connection.Place?.Pool;
            pool?.Remove(connection);
        }

        if (pool is not null)
        {
            metrics.Ended(pool.Limit);
        }

        return pool is not null;
    }
}
