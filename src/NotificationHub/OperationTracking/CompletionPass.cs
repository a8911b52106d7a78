using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Ends operations whose every task was notified: nobody needs to be asked.</summary>
internal sealed class CompletionPass(Database database, OperationEvents events, TimeProvider time)
{
    private const int PageRows = 100;

    /// <returns>How many operations were looked at.</returns>
    public async Task<int> CountDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        IReadOnlyList<Operation> counted;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            counted = await OperationStore.ReadCountedAsync(connection, PageRows);
        }

        foreach (var operation in counted)
        {
            await CountAsync(operation, lease, cancellationToken);
        }

        return counted.Count;
    }

    private async Task CountAsync(Operation operation, Lease lease, CancellationToken cancellationToken)
    {
        var tally = await TaskCounts.ReadAsync(database, operation, cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                if (tally.Settles(operation.Tasks))
                {
                    var state = tally.Failed == 0 ? OperationStates.Completed : OperationStates.Failed;
                    var report = OperationReports.OfNotifications(operation, tally, now);
                    await events.TellAsync(transaction, operation, state, report, now);
                }
                else
                {
                    await OperationStore.UncountAsync(transaction, operation);
                }
            },
            cancellationToken
        );
    }
}
