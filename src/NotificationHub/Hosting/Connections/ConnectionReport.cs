namespace NotificationHub.Hosting.Connections;

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
