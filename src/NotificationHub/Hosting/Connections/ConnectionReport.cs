namespace NotificationHub.Hosting.Connections;

/// <summary>Logs one line a minute at most about connections that were closed for a limit.</summary>
internal sealed partial class ConnectionReport(
    ClosedConnections closed,
    TimeProvider time,
    ILogger<ConnectionReport> logger
) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    public void Report()
    {
        var perAddress = closed.Take(ConnectionLimit.Address);
        var unauthenticated = closed.Take(ConnectionLimit.Unauthenticated);
        var authenticated = closed.Take(ConnectionLimit.Authenticated);
        if (perAddress + unauthenticated + authenticated > 0)
        {
            Log.Closed(
                logger,
                perAddress + unauthenticated + authenticated,
                perAddress,
                unauthenticated,
                authenticated
            );
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            Report();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Count} connections were closed within a minute because a limit was reached (one address: {PerAddress}, unauthenticated connections: {Unauthenticated}, authenticated connections: {Authenticated}). New connections are still accepted."
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
