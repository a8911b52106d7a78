namespace NotificationHub.Hosting.Connections;

/// <summary>Logs closed connections, at most one line a minute.</summary>
internal sealed partial class ConnectionReport(
    ClosedConnections closed,
    TimeProvider time,
    ILogger<ConnectionReport> logger
) : PeriodicWorker("report closed connections", TimeSpan.FromMinutes(1), time, logger)
{
    public void Report()
    {
        var perAddress = closed.Take(ConnectionLimit.Address);
        var unauthenticated = closed.Take(ConnectionLimit.Unauthenticated);
        var authenticated = closed.Take(ConnectionLimit.Authenticated);
        if (perAddress + unauthenticated + authenticated > 0)
        {
            Log.Closed(
                Logger,
                perAddress + unauthenticated + authenticated,
                perAddress,
                unauthenticated,
                authenticated
            );
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
