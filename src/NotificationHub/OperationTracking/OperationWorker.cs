using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>
/// Keeps the ledger on the one replica that holds the lease. What notifications settle does not wait for what Apple is asked
/// for: a question may take long.
/// </summary>
internal sealed class OperationWorker(
    CompletionPass counts,
    EventStatusPoller statuses,
    OperationPruning pruning,
    Signals pulses,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<OperationWorker> logger
) : LeasedWorker(leases, LeaseName, time, logger)
{
    public const string LeaseName = "operations";

    private static readonly TimeSpan CountPoll = TimeSpan.FromSeconds(1);

    /// <summary>What is asked for is due in minutes.</summary>
    private static readonly TimeSpan StatusPoll = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops =
        [
            CountAsync(lease, together.Token),
            AskAsync(lease, together.Token),
            PruneAsync(lease, together.Token),
        ];
        await Task.WhenAny(loops);
        await together.CancelAsync();
        await Task.WhenAll(loops);
    }

    private async Task CountAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var counted = pulses.OperationsCounted.Next;
            if (await counts.CountDueAsync(lease, cancellationToken) == 0)
            {
                await Signal.WaitAsync(counted, CountPoll, time, cancellationToken);
            }
        }
    }

    private async Task AskAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            await statuses.AskDueAsync(lease, cancellationToken);
            await Task.Delay(StatusPoll, time, cancellationToken);
        }
    }

    private async Task PruneAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            await pruning.PruneAsync(lease, cancellationToken);
            await Task.Delay(PruneInterval, time, cancellationToken);
        }
    }
}
