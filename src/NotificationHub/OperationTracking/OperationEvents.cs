using System.Text;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Enters a state and appends its event in one transaction.</summary>
internal sealed class OperationEvents(OperationMetrics metrics)
{
    /// <returns>Whether the state is new and the operation was open.</returns>
    public async Task<bool> EnterAsync(
        WriteTransaction transaction,
        Operation operation,
        string state,
        OperationReport report,
        DateTimeOffset now
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
            transaction.AppendEvents([CreateEvent(operation, state, report, data, now)]);
            transaction.OnCommit(() => metrics.CountTransition(state));
        }

        return entered;
    }

    private static NewEvent CreateEvent(
        Operation operation,
        string state,
        OperationReport report,
        byte[] data,
        DateTimeOffset now
    ) =>
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
