using System.Diagnostics.Metrics;

namespace NotificationHub.Hosting.Connections;

internal sealed class ConnectionMetrics(IMeterFactory meters)
{
    private readonly UpDownCounter<long> openConnections = meters
        .Create("NotificationHub")
        .CreateUpDownCounter<long>(
            "notificationhub.connections.open",
            "{connection}",
            "Open connections, by whether their last request had a valid credential."
        );

    private readonly Counter<long> closedConnections = meters
        .Create("NotificationHub")
        .CreateCounter<long>(
            "notificationhub.connections.closed",
            "{connection}",
            "Connections closed because of a limit, by limit."
        );

    private static readonly KeyValuePair<string, object?>[] States = TagsOf("state");
    private static readonly KeyValuePair<string, object?>[] Limits = TagsOf("limit");

    public void Opened(ConnectionLimit pool) => openConnections.Add(1, States[(int)pool]);

    public void Ended(ConnectionLimit pool) => openConnections.Add(-1, States[(int)pool]);

    public void Closed(ConnectionLimit limit) => closedConnections.Add(1, Limits[(int)limit]);

    private static KeyValuePair<string, object?>[] TagsOf(string name) =>
        [new(name, "address"), new(name, "unauthenticated"), new(name, "authenticated")];
}
