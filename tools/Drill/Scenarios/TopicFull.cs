using System.Globalization;
using Azure.Messaging.ServiceBus.Administration;

namespace NotificationHub.Drill.Scenarios;

internal static class TopicFull
{
    // On Azure: 5 GB or 80 GB, and 14 days.
    public static readonly DrillOptions Options = new() { MaxTopicBytes = 64 * 1024 };
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const string Topic = "assets";
    private const string Unread = "reports";
    private const string Age = $"notificationhub.stage.oldest_pending_age{{stage=publishing:{Topic}}}";

    // The thresholds of the alerts topic-size and topic-delayed.
    private const int AlertPercent = 80;
    private const int AlertSeconds = 300;
    private static readonly string Stopped = $"topic {Topic} has been stopped";

    public static async Task PlayAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        var journal = scene.Journal;
        var administration = new ServiceBusAdministrationClient(scene.Bus.ConnectionString);
        await administration.CreateSubscriptionAsync(
            new CreateSubscriptionOptions(Topic, Unread)
            {
                DefaultMessageTimeToLive = Lifetime,
                DeadLetteringOnMessageExpiration = true,
            },
            cancellationToken
        );
        journal.Action($"subscription {Topic}/{Unread} has lost its consumer and its line in topics.json");
        while (Percent(scene) <= AlertPercent)
        {
            await WorkAsync(scene, cancellationToken);
        }

        journal.Action("the other consumers have received their messages");
        RecordTopic(scene);
        await scene.Time.PassAsync(Lifetime, cancellationToken);
        await scene.Audit.ReceiveAsync(cancellationToken, Unread);
        journal.Action("the unread messages have expired");
        RecordTopic(scene);

        while (Percent(scene) < 100 || !await journal.HasReasonAsync(Stopped, cancellationToken))
        {
            await WorkAsync(scene, cancellationToken);
        }

        await scene.Time.UntilAsync(
            () => Task.FromResult(journal.Measure(Age) > AlertSeconds),
            $"{Age} exceeds {AlertSeconds}",
            cancellationToken
        );
        journal.Action("more than five minutes after the topic was full");
        journal.RecordResponses();
        RecordTopic(scene);
        await journal.RecordHealthAsync(cancellationToken);
        journal.RecordMetric(Age);
        journal.RecordMetric("notificationhub.publishing.stopped{topic=users}");

        await administration.DeleteSubscriptionAsync(Topic, Unread, cancellationToken);
        journal.Action("an operator deletes the subscription: remove-undeclared.sh GROUP NAMESPACE --delete");
        await scene.UntilMetricAsync($"notificationhub.publishing.stopped{{topic={Topic}}}", 0, cancellationToken);
        RecordTopic(scene);
    }

    private static async Task WorkAsync(DrillScene scene, CancellationToken cancellationToken)
    {
        await scene.WorkUntilAnsweredAsync(cancellationToken);
        await scene.Time.PassAsync(TimeSpan.FromMinutes(1), cancellationToken);
        // The other consumers.
        await scene.Audit.ReceiveAsync(cancellationToken, Unread);
    }

    private static void RecordTopic(DrillScene scene)
    {
        var unread = scene.Bus.Topic(Topic).Subscription(Unread);
        scene.Journal.Record(
            "metric",
            string.Create(
                CultureInfo.InvariantCulture,
                $"Size of topic {Topic}: {Percent(scene):0} %; DeadletteredMessages: {unread?.DeadLetterCount ?? 0}"
            )
        );
    }

    private static double Percent(DrillScene scene) =>
        100.0 * scene.Bus.Topic(Topic).SizeInBytes / Options.MaxTopicBytes!.Value;
}
