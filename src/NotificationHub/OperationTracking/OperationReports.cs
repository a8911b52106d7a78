using NotificationHub.Apple;
using NotificationHub.Events;

namespace NotificationHub.OperationTracking;

/// <summary>Puts into words how an operation goes. Pure.</summary>
internal static class OperationReports
{
    /// <summary>Notifications came for all of its tasks.</summary>
    public static OperationReport OfNotifications(Operation operation, TaskCounts tally, long now) =>
        Of(operation, tally, now) with
        {
            Completed = tally.Done,
            Failed = tally.Failed,
        };

    /// <summary>Apple said how far it is.</summary>
    public static OperationReport OfStatus(Operation operation, EventStatus status, TaskCounts tally, long now)
    {
        var requested = status.NumRequested ?? operation.Tasks;
        var completed = status.NumCompleted ?? operation.Succeeded;
        var failed = status.IsPending ? tally.Failed : Math.Max(requested - completed ?? tally.Failed, 0);
        var failures = tally.Failed < failed && status.Failures.Count > 0 ? ListOf(status.Failures) : tally.Failures;
        return Of(operation, tally, now) with
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

    /// <summary>Apple said nothing of it, or that it does not know it.</summary>
    /// <param name="reason">One of <see cref="StallReasons"/>.</param>
    public static OperationReport OfNoStatus(Operation operation, TaskCounts tally, string reason, long now) =>
        Of(operation, tally, now) with
        {
            Source = OperationSources.EventStatus,
            Reason = reason,
        };

    private static OperationReport Of(Operation operation, TaskCounts tally, long now) =>
        new()
        {
            EventId = operation.EventId,
            Kind = operation.Kind,
            Deferred = operation.Deferred,
            AnnouncedBy = operation.AnnouncedBy,
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(operation.StartedAt),
            DurationSeconds = Math.Max(now - operation.StartedAt, 0) / 1000,
            Source = OperationSources.Notifications,
            Requested = operation.Tasks,
            Completed = operation.Succeeded,
            Failed = tally.Failed,
            Notifications = operation.Notifications,
            Failures = tally.Failures.Failures,
            ItemsOmitted = tally.Failures.Omitted,
        };

    private static FailureList ListOf(IEnumerable<AppleError> failures)
    {
        var list = new FailureList();
        foreach (var failure in failures)
        {
            list.Add(failure.ErrorNumber, failure.ErrorMessage, ItemsOf(failure.ErrorInfo));
        }

        return list;
    }

    private static IReadOnlyCollection<OperationItem> ItemsOf(ErrorInfo? info) =>
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
