using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Replays;

internal sealed class ReplayWorker(
    Database database,
    ReplayPass pass,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<ReplayWorker> logger
) : LeasedWorker(leases, Name, time, logger)
{
    /// <summary>The name of the lease and the stage.</summary>
    public const string Name = "replay";

    // A range with few matching events is read in many short steps.
    private static readonly TimeSpan MinRest = TimeSpan.FromMilliseconds(20);

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = database.Signals.ReplaysChanged.Next;
            var rest = await pass.RunAsync(lease, cancellationToken);
            await Signal.WaitAsync(changed, rest > MinRest ? rest : MinRest, Time, cancellationToken);
        }
    }
}
