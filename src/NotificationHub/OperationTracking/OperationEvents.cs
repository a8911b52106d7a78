using System.Text;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Tells of an operation's new state in the transaction that writes it: once, whoever tries again.</summary>
internal sealed class OperationEvents(OperationMetrics metrics)
{
    /// <returns>False where it was told already, or the operation has ended.</returns>
    public async Task<bool> TellAsync(
        WriteTransaction transaction,
        Operation operation,
        string state,
        OperationReport report,
        long now
    )
    {
        var data = JsonSerializer.SerializeToUtf8Bytes(report, EventJsonContext.Wire.OperationReport);
        var entered = await OperationStore.EnterAsync(
            transaction,
            operation,
            state,
            report,
            Encoding.UTF8.GetString(data),
            OperationStates.IsClosed(state) ? now : null
        );
        if (entered)
        {
            transaction.AppendEvents([EventOf(operation, state, report, data, now)]);
            transaction.OnCommit(() => metrics.CountTold(state));
        }

        return entered;
    }

    private static NewEvent EventOf(Operation operation, string state, OperationReport report, byte[] data, long now) =>
        new()
        {
            Type = state switch
            {
                OperationStates.Completed => EventNames.OperationCompleted,
                OperationStates.Failed => EventNames.OperationFailed,
                _ => EventNames.OperationStalled,
            },
            LocationId = operation.LocationId,
            Subject = $"operations/{operation.EventId}",
            Data = data,
            Action = report.Kind,
            CorrelationId = operation.EventId,
            CreatedAt = now,
        };
}
