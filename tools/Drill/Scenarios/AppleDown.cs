using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Drill.Scenarios;

internal static class AppleDown
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        scene.Apple.Faults.RandomFaults = [Fault.Unavailable()];
        scene.Apple.Faults.RandomFraction = 1;
        witness.Did("Apple's API answers nothing but 503; its notifications come all the same");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("refetch", cancellationToken);
        witness.Answers();
        await witness.HealthAsync(cancellationToken);

        await scene.WorkForAsync(TimeSpan.FromHours(3), cancellationToken);
        witness.Did("three hours later; Apple is still down");
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        witness.Metric("notificationhub.stage.stalled{stage=refetch}");
        witness.Metric("notificationhub.stage.oldest_pending_age{stage=refetch}");
        witness.Metric("notificationhub.refetch.errors{kind=Unavailable}");
        witness.Metric("notificationhub.refetch.pending");
        await witness.EventsAsync(cancellationToken);

        scene.Apple.Faults.Clear();
        witness.Did("Apple is back");
        await scene.UntilWellAsync(cancellationToken);
        await scene.UntilMetricAsync("notificationhub.stage.stalled{stage=refetch}", 0, cancellationToken);
    }
}
