namespace NotificationHub.Drill.Scenarios;

internal static class BusDown
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        await scene.Bus.StopListeningAsync(cancellationToken);
        journal.Action("the bus is down; Apple keeps delivering");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("topic assets has been stopped", cancellationToken);
        await scene.UntilReasonAsync("topic users has been stopped", cancellationToken);
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);

        await scene.Time.PassAsync(TimeSpan.FromMinutes(6), cancellationToken);
        journal.Action("six minutes later");
        journal.RecordMetric("notificationhub.stage.stalled{stage=publishing:assets}");
        journal.RecordMetric("notificationhub.publishing.stopped{topic=assets}");

        await scene.WorkForAsync(TimeSpan.FromHours(3), cancellationToken);
        journal.Action("three hours later; the bus is still down");
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric("notificationhub.publishing.oldest_unsent_age{topic=assets}");
        journal.RecordMetric("notificationhub.stage.oldest_pending_age{stage=publishing:assets}");
        journal.RecordMetric("notificationhub.publishing.lag{topic=assets}");
        await journal.RecordEventsAsync(cancellationToken);
        await journal.RecordFeedAsync("assets", cancellationToken);

        await scene.Bus.ResumeListeningAsync(cancellationToken);
        journal.Action("the bus is back");
        await scene.UntilHealthyAsync(cancellationToken);
        await scene.UntilMetricAsync("notificationhub.stage.stalled{stage=publishing:assets}", 0, cancellationToken);
        await scene.UntilMetricAsync(
            "notificationhub.publishing.oldest_unsent_age{topic=assets}",
            0,
            cancellationToken
        );
    }
}
