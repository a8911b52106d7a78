using System.Diagnostics.Metrics;

namespace NotificationHub.Hosting.Connections;

internal static class ConnectionMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly UpDownCounter<long> OpenConnections = Meter.CreateUpDownCounter<long>(
        "notificationhub.connections.open",
        "{connection}",
        "Open connections, by whether the last request on them presented a valid credential."
    );

    private static readonly Counter<long> ClosedConnections = Meter.CreateCounter<long>(
        "notificationhub.connections.closed",
        "{connection}",
        "Connections closed because a limit was reached, by limit."
    );

    private static readonly KeyValuePair<string, object?>[] States = TagsOf("state");
    private static readonly KeyValuePair<string, object?>[] Limits = TagsOf("limit");

    public static void Opened(ConnectionLimit pool) => OpenConnections.Add(1, States[(int)pool]);

    public static void Ended(ConnectionLimit pool) => OpenConnections.Add(-1, States[(int)pool]);

    public static void Closed(ConnectionLimit limit) => ClosedConnections.Add(1, Limits[(int)limit]);

    private static KeyValuePair<string, object?>[] TagsOf(string name) =>
        [new(name, "address"), new(name, "unauthenticated"), new(name, "authenticated")];
}
