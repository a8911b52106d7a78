namespace NotificationHub.Hosting.Connections;

/// <summary>Counts the connections that were closed for a limit: unauthenticated clients cause them, so a line for each would flood the log.</summary>
internal sealed class ClosedConnections
{
    private readonly long[] counts = new long[Enum.GetValues<ConnectionLimit>().Length];

    public void Count(ConnectionLimit limit)
    {
        Interlocked.Increment(ref counts[(int)limit]);
        ConnectionMetrics.Closed(limit);
    }

    /// <returns>How many were closed since the last call.</returns>
    public long Take(ConnectionLimit limit) => Interlocked.Exchange(ref counts[(int)limit], 0);
}
