using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Completes operations without a poll, once notifications have reported every task.</summary>
internal sealed class CompletionPass(Database database, OperationEvents events, TimeProvider time)
{
    private const int PageRows = 100;

    /// <returns>The number of operations that were checked.</returns>
    public async Task<int> CompleteDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        IReadOnlyList<Operation> counted;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            counted = await OperationStore.ReadCountedAsync(connection, PageRows);
        }

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
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                if (counts.AreComplete(operation.Tasks))
                {
                    var state = counts.Failed == 0 ? OperationStates.Completed : OperationStates.Failed;
                    var report = OperationReports.FromNotifications(operation, counts, now);
                    await events.EnterAsync(transaction, operation, state, report, now);
                }
                else
                {
                    await OperationStore.ClearCountedAsync(transaction, operation);
                }
            },
            cancellationToken
        );
    }
}
