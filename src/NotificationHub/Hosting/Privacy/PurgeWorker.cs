namespace NotificationHub.Hosting.Privacy;

/// <summary>Finishes purges that were cut off, such as by the end of the process that was at it.</summary>
internal sealed partial class PurgeWorker(PurgeDesk desk, TimeProvider time, ILogger<PurgeWorker> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await desk.ResumeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it was, it is reported and tried again.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.Failed(logger, exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A purge could not go on; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
