namespace NotificationHub.Hosting.Connections;

/// <summary>Counts the connections closed because of a limit; a log line for each would let unauthenticated clients flood the log.</summary>
internal sealed class ClosedConnections(ConnectionMetrics metrics)
{
    private readonly long[] counts = new long[Enum.GetValues<ConnectionLimit>().Length];

    public void Count(ConnectionLimit limit)
    {
        Interlocked.Increment(ref counts[(int)limit]);
        metrics.Closed(limit);
    }

    /// <returns>The number of connections closed since the last call.</returns>
    public long Take(ConnectionLimit limit) => Interlocked.Exchange(ref counts[(int)limit], 0);
}
