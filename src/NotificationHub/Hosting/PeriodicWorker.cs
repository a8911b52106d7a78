namespace NotificationHub.Hosting;

/// <summary>Repeats its work at an interval; logs failures and continues.</summary>
/// <param name="work">The work, as in "Could not renew the leases".</param>
internal abstract partial class PeriodicWorker(
    string work,
    TimeSpan interval,
    TimeProvider time,
    ILogger logger,
    bool runsAtStart = false,
    LogLevel failureLevel = LogLevel.Warning
) : BackgroundService
{
    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    protected abstract Task RunAsync(CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            if (runsAtStart)
            {
                await TryRunAsync(stoppingToken);
            }

            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryRunAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    protected async Task TryRunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        // An exception that leaves a background service ends the hub.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, failureLevel, work, interval, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage("Could not {Work}; will retry in {Interval}.")]
        public static partial void Failed(
            ILogger logger,
            LogLevel level,
            string work,
            TimeSpan interval,
            Exception exception
        );
    }
}
