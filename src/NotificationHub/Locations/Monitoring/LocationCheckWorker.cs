using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

/// <summary>Runs one monitoring job for all locations, on one replica at a time.</summary>
/// <param name="pass">One pass; returns whether to run the next one at once.</param>
internal sealed class LocationCheckWorker(
    string leaseName,
    Func<Lease, CancellationToken, Task<bool>> pass,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<LocationCheckWorker> logger
) : LeasedWorker(leases, leaseName, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!await pass(lease, cancellationToken))
            {
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }
}
