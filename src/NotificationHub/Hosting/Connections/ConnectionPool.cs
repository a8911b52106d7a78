namespace NotificationHub.Hosting.Connections;

// Groups of connections, each in order of arrival. A full pool drops the oldest connection of its largest group: a new connection is
// always accepted, at the expense of clients with many connections. Not thread-safe.
internal sealed class ConnectionPool(ConnectionLimit limit, int max, int maxPerGroup)
{
    private readonly Dictionary<string, LinkedList<TrackedConnection>> groups = new(StringComparer.Ordinal);
    private long arrivals;

    public ConnectionLimit Limit => limit;

    public int Count { get; private set; }

    /// <returns>The connection that was removed to make room, and the limit that was reached; null if there was room.</returns>
    public (TrackedConnection Connection, ConnectionLimit Limit)? Add(TrackedConnection connection, string group)
    {
        if (!groups.TryGetValue(group, out var members))
        {
            groups.Add(group, members = []);
        }

        connection.Place = new ConnectionPlace(this, group, members.AddLast(connection), ++arrivals);
        Count++;
        if (members.Count > maxPerGroup)
        {
            return (RemoveOldest(members), ConnectionLimit.Address);
        }

        return Count > max ? (RemoveOldest(Largest()), limit) : null;
    }

    public void Remove(TrackedConnection connection)
    {
        var (_, group, node, _) = connection.Place!;
        connection.Place = null;
        var members = node.List!;
        members.Remove(node);
        Count--;
        if (members.Count == 0)
        {
            groups.Remove(group);
        }
    }

    private TrackedConnection RemoveOldest(LinkedList<TrackedConnection> members)
    {
        var oldest = members.First!.Value;
        Remove(oldest);
        return oldest;
    }

    private LinkedList<TrackedConnection> Largest() =>
        groups.Values.MaxBy(members => (members.Count, -members.First!.Value.Place!.Arrival))!;
}

internal sealed record ConnectionPlace(
    ConnectionPool Pool,
    string Group,
    LinkedListNode<TrackedConnection> Node,
    long Arrival
);

internal enum ConnectionLimit
{
    /// <summary><c>Intake:MaxConnectionsPerAddress</c>.</summary>
    Address,

    /// <summary>The share of <c>Intake:MaxConnections</c> for unauthenticated connections.</summary>
    Unauthenticated,

    /// <summary>The share of <c>Intake:MaxConnections</c> for authenticated connections.</summary>
    Authenticated,
}
