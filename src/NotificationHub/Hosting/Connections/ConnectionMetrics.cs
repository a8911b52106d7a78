using System.Diagnostics.Metrics;

namespace NotificationHub.Hosting.Connections;

internal sealed class ConnectionMetrics(IMeterFactory meters)
{
    private readonly UpDownCounter<long> openConnections = meters
        .Create("NotificationHub")
        .CreateUpDownCounter<long>(
            "notificationhub.connections.open",
            "{connection}",
            "Open connections, by whether the last request was authenticated."
        );

    private readonly Counter<long> closedConnections = meters
        .Create("NotificationHub")
        .CreateCounter<long>(
            "notificationhub.connections.closed",
            "{connection}",
            "Connections closed because of a limit, by limit."
        );

    private readonly long[] closed = new long[Enum.GetValues<ConnectionLimit>().Length];

    private static readonly KeyValuePair<string, object?>[] States = TagsOf("state");
    private static readonly KeyValuePair<string, object?>[] Limits = TagsOf("limit");

    public void Opened(ConnectionLimit pool) => openConnections.Add(1, States[(int)pool]);

    public void Ended(ConnectionLimit pool) => openConnections.Add(-1, States[(int)pool]);

    public void Closed(ConnectionLimit limit)
    {
        closedConnections.Add(1, Limits[(int)limit]);
        Interlocked.Increment(ref closed[(int)limit]);
    }

    // For the log: a line for each connection would let unauthenticated clients flood it.
    /// <summary>The number of connections closed since the last call.</summary>
    public long TakeClosed(ConnectionLimit limit) => Interlocked.Exchange(ref closed[(int)limit], 0);

    private static KeyValuePair<string, object?>[] TagsOf(string name) =>
        [new(name, "address"), new(name, "unauthenticated"), new(name, "authenticated")];
}

internal sealed partial class ConnectionReport(
    ConnectionMetrics metrics,
    TimeProvider time,
    ILogger<ConnectionReport> logger
) : PeriodicWorker("report closed connections", TimeSpan.FromMinutes(1), time, logger)
{
    public void Report()
    {
        var perAddress = metrics.TakeClosed(ConnectionLimit.Address);
        var unauthenticated = metrics.TakeClosed(ConnectionLimit.Unauthenticated);
        var authenticated = metrics.TakeClosed(ConnectionLimit.Authenticated);
        if (perAddress + unauthenticated + authenticated is > 0 and var all)
        {
            Log.Closed(Logger, all, perAddress, unauthenticated, authenticated);
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken)
    {
        Report();
        return Task.CompletedTask;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Closed {Count} connections within a minute because a limit was reached (per address: {PerAddress}, unauthenticated: {Unauthenticated}, authenticated: {Authenticated}). New connections are still accepted."
        )]
        public static partial void Closed(
            ILogger logger,
            long count,
            long perAddress,
            long unauthenticated,
            long authenticated
        );
    }
}
