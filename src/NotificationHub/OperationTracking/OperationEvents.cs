using System.Text;
using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

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
        var entered = operation with
        {
            State = state,
            Kind = report.Kind,
            ReportJson = Encoding.UTF8.GetString(data),
            Requested = report.Requested,
            Completed = report.Completed,
            Missed = report.Failed,
            ClosedAt = OperationStates.IsClosed(state) ? now : null,
        };
        if (!await OperationStore.EnterAsync(transaction, entered))
        {
            return false;
        }

        transaction.AppendEvents([
            new NewEvent
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
            },
        ]);
        transaction.OnCommit(() => metrics.CountTransition(state));
        return true;
    }
}

internal static class OperationReports
{
    public static OperationReport FromNotifications(Operation operation, TaskCounts counts, DateTimeOffset now) =>
        Create(operation, counts, now) with
        {
            Completed = counts.Succeeded,
            Failed = counts.Failed,
        };

    public static OperationReport FromStatus(
        Operation operation,
        EventStatus status,
        TaskCounts counts,
        DateTimeOffset now
    )
    {
        var requested = status.NumRequested ?? operation.Tasks;
        var completed = status.NumCompleted ?? operation.Succeeded;
        var failed = status.IsPending ? counts.Failed : Math.Max(requested - completed ?? counts.Failed, 0);
        var failures =
            counts.Failed < failed && status.Failures.Count > 0 ? ToFailureList(status.Failures) : counts.Failures;
        return Create(operation, counts, now) with
        {
            Kind = operation.Kind ?? status.EventType,
            Source = OperationSources.EventStatus,
            Requested = requested,
            Completed = completed,
            Failed = failed,
            Failures = failures.Failures,
            ItemsOmitted = failures.Omitted,
        };
    }

    /// <param name="reason">One of <see cref="StallReasons"/>.</param>
    public static OperationReport FromFailure(
        Operation operation,
        TaskCounts counts,
        string reason,
        DateTimeOffset now
    ) => Create(operation, counts, now) with { Source = OperationSources.EventStatus, Reason = reason };

    private static OperationReport Create(Operation operation, TaskCounts counts, DateTimeOffset now) =>
        new()
        {
            EventId = operation.EventId,
            Kind = operation.Kind,
            Deferred = operation.Deferred,
            AnnouncedBy = operation.AnnouncedBy,
            StartedAt = operation.StartedAt,
            DurationSeconds = (long)Math.Max((now - operation.StartedAt).TotalSeconds, 0),
            Source = OperationSources.Notifications,
            Requested = operation.Tasks,
            Completed = operation.Succeeded,
            Failed = counts.Failed,
            Notifications = operation.Notifications,
            Failures = counts.Failures.Failures,
            ItemsOmitted = counts.Failures.Omitted,
        };

    private static FailureList ToFailureList(IEnumerable<AppleError> failures)
    {
        var list = new FailureList();
        foreach (var failure in failures)
        {
            list.Add(failure.ErrorNumber, failure.ErrorMessage, ToItems(failure.ErrorInfo));
        }

        return list;
    }

    private static IReadOnlyCollection<OperationItem> ToItems(ErrorInfo? info) =>
        info is null
            ? []
            :
            [
                .. info.Assets.Select(asset => new OperationItem
                {
                    AdamId = asset.AdamId,
                    PricingParam = asset.PricingParam,
                }),
                .. info.SerialNumbers.Select(serial => new OperationItem { SerialNumber = serial }),
                .. info.ClientUserIds.Select(user => new OperationItem { ClientUserId = user }),
            ];
}
