using NotificationHub.LocalBus;

namespace NotificationHub.Drill.Scenarios;

internal static class TopicFull
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        scene.Bus.Faults.Refuse("assets", AmqpConditions.ResourceLimitExceeded);
        journal.Action("the messages of a subscription without a consumer have filled the topic assets");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("topic assets has been stopped", cancellationToken);
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);

        await scene.Time.PassAsync(TimeSpan.FromMinutes(6), cancellationToken);
        journal.Action("six minutes later; the topic is still full");
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric("notificationhub.stage.oldest_pending_age{stage=publishing:assets}");
        journal.RecordMetric("notificationhub.publishing.oldest_unsent_age{topic=users}");
        await journal.RecordFeedAsync("assets", cancellationToken);

        scene.Bus.Faults.Restore("assets");
        journal.Action("an operator deletes the subscription with remove-undeclared.sh");
        await scene.UntilHealthyAsync(cancellationToken);
        await scene.UntilMetricAsync(
            "notificationhub.publishing.oldest_unsent_age{topic=assets}",
            0,
            cancellationToken
        );
    }
}
