using NotificationHub.Locations.Removal;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Watch;

/// <summary>Looks after all locations, on one replica.</summary>
internal sealed class LocationWatchWorker(
    ConfigurationWatch configuration,
    SecretUpkeep secrets,
    SilenceWatch silence,
    RemovalPass removals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<LocationWatchWorker> logger
) : LeasedWorker(leases, "locations", time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            await secrets.RunAsync(lease, cancellationToken);
            await removals.RunAsync(lease, cancellationToken);
            await silence.RunAsync(lease, cancellationToken);
            if (!await configuration.RunAsync(lease, cancellationToken))
            {
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }
}
