using NotificationHub.Simulator.Apple;

namespace NotificationHub.Drill.Scenarios;

internal static class TokenRevoked
{
    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        scene.Location.ContentToken.State = ContentTokenState.Revoked;
        journal.Action("a new content token was created in Apple's console, which revoked the old one");
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.UntilReasonAsync("locations revoked", cancellationToken);
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        await journal.RecordEventsAsync(cancellationToken);
        journal.RecordMetric("notificationhub.refetch.errors{kind=TokenRevoked}");

        await scene.WorkForAsync(TimeSpan.FromHours(8), cancellationToken);
        journal.Action("eight hours later");
        journal.RecordResponses();
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric("notificationhub.locations{state=revoked}");
        journal.RecordMetric("notificationhub.refetch.pending");

        await scene.Operator.RenewContentTokenAsync(cancellationToken);
        journal.Action("an operator gives the location the new content token: locations renew-token L --token-file F");
    }
}
