using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

// Completion by notifications and polling are separate loops, because a poll may take long.
internal sealed class OperationWorker(
    CompletionPass completion,
    EventStatusPoller poller,
    OperationPruning pruning,
    Signals signals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<OperationWorker> logger
) : LeasedWorker(leases, LeaseName, time, logger)
{
    public const string LeaseName = "operations";

    private static readonly TimeSpan CompletionInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] loops =
        [
            CompleteAsync(lease, together.Token),
            PollAsync(lease, together.Token),
            PruneAsync(lease, together.Token),
        ];
        await Task.WhenAny(loops);
        await together.CancelAsync();
        await Task.WhenAll(loops);
    }

    private async Task CompleteAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            var counted = signals.OperationsCounted.Next;
            if (await completion.CompleteDueAsync(lease, cancellationToken) == 0)
            {
                await Signal.WaitAsync(counted, CompletionInterval, Time, cancellationToken);
            }
        }
    }

    private async Task PollAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            await poller.PollDueAsync(lease, cancellationToken);
            await Task.Delay(PollInterval, Time, cancellationToken);
        }
    }

    private async Task PruneAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            await pruning.PruneAsync(lease, cancellationToken);
            await Task.Delay(PruneInterval, Time, cancellationToken);
        }
    }
}

/// <summary>Completes operations without a poll, once notifications have reported every task.</summary>
internal sealed class CompletionPass(Database database, OperationEvents events, TimeProvider time)
{
    private const int PageRows = 100;

    public async Task<int> CompleteDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        var counted = await database.ReadAsync(
            connection => OperationStore.ReadCountedAsync(connection, PageRows),
            cancellationToken
        );
        foreach (var operation in counted)
        {
            await CompleteAsync(operation, lease, cancellationToken);
        }

        return counted.Count;
    }

    private async Task CompleteAsync(Operation operation, Lease lease, CancellationToken cancellationToken)
    {
        var counts = await TaskCounts.ReadAsync(database, operation, cancellationToken);
        var now = time.GetStoredUtcNow();
        await database.WriteAsync(
            lease,
            async transaction =>
            {
                if (counts.AreComplete(operation.Tasks))
                {
                    var state = counts.Failed == 0 ? OperationStates.Completed : OperationStates.Failed;
                    var report = OperationReports.FromNotifications(operation, counts, now);
                    await events.EnterAsync(transaction, operation, state, report, now);
                }
                else
                {
                    // Successes before the announcement are not stored one by one, so only Apple knows whether every task is done.
                    await OperationStore.ClearCountedAsync(
                        transaction,
                        operation,
                        pollAt: counts.Notifications < operation.Notifications ? now : null
                    );
                }
            },
            cancellationToken
        );
    }
}
