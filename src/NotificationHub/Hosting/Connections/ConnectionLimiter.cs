using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace NotificationHub.Hosting.Connections;

/// <summary>
/// Bounds the connections of a listener. A quarter may be unauthenticated, grouped by remote address; the others have carried a request with
/// an accepted credential, and are grouped by its owner. Where a limit is reached, the group that holds the most loses its oldest connection.
/// </summary>
internal sealed class ConnectionLimiter(int maxConnections, int maxPerAddress, ClosedConnections closed)
{
    private const int UnauthenticatedShare = 4;

    /// <summary>What a provider gives to one subscriber.</summary>
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

    /// <summary>How many connections have not authenticated, and how many have.</summary>
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

    /// <summary>Connection middleware: counts the connection as long as it lasts.</summary>
    public async Task RunAsync(ConnectionContext transport, ListenerRoutes routes, ConnectionDelegate next)
    {
        var connection = new TrackedConnection(transport, this, routes);
        transport.Features.Set<IHubConnection>(connection);
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

    /// <summary>Those who share a group share a limit: an IPv4 address, or the first half of an IPv6 address.</summary>
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

        ConnectionMetrics.Opened(pool.Limit);
        if (removed is var (evicted, limit))
        {
            ConnectionMetrics.Ended(pool.Limit);
            closed.Count(limit);
            evicted.Abort();
        }
    }

    /// <returns>Whether it still counted.</returns>
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
            ConnectionMetrics.Ended(pool.Limit);
        }

        return pool is not null;
    }
}
