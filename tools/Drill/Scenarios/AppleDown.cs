using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Drill.Scenarios;

internal static class AppleDown
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        scene.Apple.Faults.RandomFaults = [Fault.Unavailable()];
        scene.Apple.Faults.RandomFraction = 1;
        journal.Action("Apple's API returns only 503; its notifications still arrive");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("refetch", cancellationToken);
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);

        await scene.WorkForAsync(TimeSpan.FromHours(3), cancellationToken);
        journal.Action("three hours later; Apple is still down");
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric("notificationhub.stage.stalled{stage=refetch}");
        journal.RecordMetric("notificationhub.stage.oldest_pending_age{stage=refetch}");
        journal.RecordMetric("notificationhub.refetch.errors{kind=Unavailable}");
        journal.RecordMetric("notificationhub.refetch.pending");
        await journal.RecordEventsAsync(cancellationToken);

        scene.Apple.Faults.Clear();
        journal.Action("Apple is back");
        await scene.UntilHealthyAsync(cancellationToken);
        await scene.UntilMetricAsync("notificationhub.stage.stalled{stage=refetch}", 0, cancellationToken);
    }
}
