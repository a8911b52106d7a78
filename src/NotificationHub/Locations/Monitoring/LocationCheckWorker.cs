using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

/// <summary>
/// Runs one kind of upkeep for all locations, on one replica. Each kind has a loop of its own: where Apple is slow, secrets end and silence is
/// told of all the same.
/// </summary>
/// <param name="name">The lease of this kind.</param>
/// <param name="pass">One pass; tells whether there may be more to be done at once.</param>
/// <param name="leases">Where the lease is taken.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="logger">Where a pass that failed is told of.</param>
internal sealed class LocationCheckWorker(
    string name,
    Func<Lease, CancellationToken, Task<bool>> pass,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<LocationCheckWorker> logger
) : LeasedWorker(leases, name, time, logger)
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
