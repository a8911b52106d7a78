using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Routing;

/// <summary>Routes what comes in, on the one replica that holds the lease.</summary>
internal sealed class RoutingWorker(
    RoutingPass pass,
    Signals pulses,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<RoutingWorker> logger
) : LeasedWorker(leases, RoutingPass.Name, time, logger)
{
    /// <summary>Woken by each commit it would halve the intake; paced it coalesces better, too.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            var appended = pulses.NotificationsAppended.Next;
            var routed = await pass.RouteDueAsync(lease, cancellationToken);
            var took = time.GetElapsedTime(started);
            if (routed == 0)
            {
                await Signal.WaitAsync(appended, Poll, time, cancellationToken);
            }
            else if (routed < RoutingPass.PageRows)
            {
                // Under load twice as long as the pass took: fewer and larger passes, whose targets coalesce, and the rest
                // of the lane and of the cores for the posts.
                await Task.Delay(2 * took > Pace ? 2 * took : Pace, time, cancellationToken);
            }
        }
    }
}
