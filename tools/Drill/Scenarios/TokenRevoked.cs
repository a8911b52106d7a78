using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill.Scenarios;

internal static class TokenRevoked
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var witness = scene.Witness;
        scene.Location.ContentToken.State = ContentTokenState.Revoked;
        witness.Did("somebody has made a new content token in Apple's console: the old one is dead");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("locations revoked", cancellationToken);
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        await witness.EventsAsync(cancellationToken);
        witness.Metric("notificationhub.refetch.errors{kind=TokenRevoked}");

        await scene.WorkForAsync(TimeSpan.FromHours(8), cancellationToken);
        witness.Did("eight hours later");
        witness.Answers();
        await witness.HealthAsync(cancellationToken);
        witness.Metric("notificationhub.locations{state=revoked}");
        witness.Metric("notificationhub.refetch.pending");

        await scene.RenewContentTokenAsync(cancellationToken);
        witness.Did("an operator gives the location the new content token: locations renew L --token-file F");
    }
}
