namespace NotificationHub.Drill.Scenarios;

internal static class BusDown
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        await scene.Bus.StopListeningAsync(cancellationToken);
        witness.Did("the bus is gone; Apple posts on");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("topic assets stands still", cancellationToken);
        await scene.UntilReasonAsync("topic users stands still", cancellationToken);
        witness.Answers();
        await witness.HealthAsync(cancellationToken);

        await scene.Time.PassAsync(TimeSpan.FromMinutes(6), cancellationToken);
        witness.Did("six minutes later");
        witness.Metric("notificationhub.stage.stalled{stage=publishing:assets}");
        witness.Metric("notificationhub.publishing.stopped{topic=assets}");

        await scene.WorkForAsync(TimeSpan.FromHours(3), cancellationToken);
        witness.Did("three hours later; the bus is still gone");
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        witness.Metric("notificationhub.publishing.oldest_unsent_age{topic=assets}");
        witness.Metric("notificationhub.stage.oldest_pending_age{stage=publishing:assets}");
        witness.Metric("notificationhub.publishing.lag{topic=assets}");
        await witness.EventsAsync(cancellationToken);
        await witness.FeedAsync("assets", cancellationToken);

        await scene.Bus.ResumeListeningAsync(cancellationToken);
        witness.Did("the bus is back");
        await scene.UntilWellAsync(cancellationToken);
        await scene.UntilMetricAsync("notificationhub.stage.stalled{stage=publishing:assets}", 0, cancellationToken);
        await scene.UntilMetricAsync(
            "notificationhub.publishing.oldest_unsent_age{topic=assets}",
            0,
            cancellationToken
        );
    }
}
