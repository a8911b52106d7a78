using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

internal sealed class RelayWorker(
    Database database,
    RelayPass pass,
    RelayMetrics metrics,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<RelayWorker> logger
) : LeasedWorker(leases, RelayFanOut.Name, time, logger)
{
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(15);

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        pass.Begin();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await LoopAsync(lease, ending.Token);
        }
        finally
        {
            // A batch stores what its target has accepted, so it must end before the lease is released.
            await ending.CancelAsync();
            await pass.FinishBatchesAsync();
            metrics.Clear();
        }
    }

    private async Task LoopAsync(Lease lease, CancellationToken cancellationToken)
    {
        var signals = database.Signals;
        long? measuredAt = null;
        while (true)
        {
            var started = Time.GetTimestamp();
            var appended = signals.NotificationsAppended.Next;
            var changed = Task.WhenAny(signals.RelayTargetsChanged.Next, pass.BatchEnded.Next);
            var rows = await pass.RunAsync(lease, cancellationToken);
            if (measuredAt is null || Time.GetElapsedTime(measuredAt.Value) >= MeasureInterval)
            {
                measuredAt = Time.GetTimestamp();
                metrics.Measured(await database.ReadAsync(RelayStatus.ListAsync, cancellationToken));
            }

            if (rows < RelayFanOut.PageRows)
            {
                // As in routing: under load, fewer and larger passes leave the writer to the intake.
                var rest = 2 * Time.GetElapsedTime(started);
                await Task.Delay(rest > MinRest ? rest : MinRest, Time, cancellationToken);
                // Without targets, the intake need not wake this stage.
                var wake = pass.HasTargets ? Task.WhenAny(appended, changed) : changed;
                await Signal.WaitAsync(wake, PollInterval, Time, cancellationToken);
            }
        }
    }
}
