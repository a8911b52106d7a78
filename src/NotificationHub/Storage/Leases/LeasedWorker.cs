namespace NotificationHub.Storage.Leases;

/// <summary>A loop that runs on one replica at a time: the owner of the lease.</summary>
internal abstract partial class LeasedWorker(LeaseKeeper leases, string leaseName, TimeProvider time, ILogger logger)
    : BackgroundService
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    protected TimeProvider Time => time;

    /// <summary>Runs the stage until the lease is lost or the process stops.</summary>
    protected abstract Task RunAsync(Lease lease, CancellationToken cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsOwnerAsync(stoppingToken);
            }
            catch (Exception exception)
                when (exception is OperationCanceledException or StorageUnavailableException
                    && stoppingToken.IsCancellationRequested
                )
            {
                // If the database was closed first, the lease expires.
                return;
            }
            // If the loop ended, the backlog would grow unnoticed.
            catch (Exception exception)
            {
                Log.Failed(logger, leaseName, exception);
            }

            await Task.Delay(RetryDelay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsOwnerAsync(CancellationToken stoppingToken)
    {
        if (await leases.TryAcquireAsync(leaseName, stoppingToken) is not { } lease)
        {
            return;
        }

        using var owned = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
        try
        {
            await RunAsync(lease, owned.Token);
        }
        catch (Exception exception)
            when (exception is LeaseLostException or OperationCanceledException && lease.Lost.IsCancellationRequested)
        {
            // Another replica continues from the cursor.
        }
        finally
        {
            // Also when stopping, so that the next owner need not wait until the lease expires.
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Stage {Stage} failed; will retry.")]
        public static partial void Failed(ILogger logger, string stage, Exception exception);
    }
}
