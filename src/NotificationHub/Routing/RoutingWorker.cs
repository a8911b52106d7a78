using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Routing;

internal sealed class RoutingWorker(
    RoutingPass pass,
    Signals signals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<RoutingWorker> logger
) : LeasedWorker(leases, RoutingPass.Name, time, logger)
{
    // A pass after every commit would halve the intake rate, and coalesce fewer targets.
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(25);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            var appended = signals.NotificationsAppended.Next;
            var routed = await pass.RouteNextPageAsync(lease, cancellationToken);
            var took = time.GetElapsedTime(started);
            if (routed == 0)
            {
                await Signal.WaitAsync(appended, PollInterval, time, cancellationToken);
            }
            else if (routed < RoutingPass.PageRows)
            {
                // Under load, rest twice as long as the pass took: passes become fewer and larger, their targets coalesce,
                // and the writer and the cores remain available to the intake.
                await Task.Delay(2 * took > MinRest ? 2 * took : MinRest, time, cancellationToken);
            }
        }
    }
}
