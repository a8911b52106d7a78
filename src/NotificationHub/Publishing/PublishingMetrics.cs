using System.Diagnostics.Metrics;
using NotificationHub.Storage;

namespace NotificationHub.Publishing;

internal static class PublishingMetrics
{
    private static readonly Meter Meter = new("NotificationHub");

    private static readonly Counter<long> SentEvents = Meter.CreateCounter<long>(
        "notificationhub.publishing.sent",
        "{event}",
        "Events that a topic has accepted."
    );

    private static readonly Counter<long> DeadLetteredEvents = Meter.CreateCounter<long>(
        "notificationhub.publishing.dead_lettered",
        "{event}",
        "Events that were set aside because the broker refuses them."
    );

    private static readonly Histogram<double> DeliveryDelay = Meter.CreateHistogram(
        "notificationhub.publishing.delay",
        "s",
        "From the post, or from the append of what the hub found out itself, to the topic's acceptance.",
        tags: null,
        DelayBuckets.Advice
    );

    private static readonly Gauge<long> Lag = Meter.CreateGauge<long>(
        "notificationhub.publishing.lag",
        "{event}",
        "Events that wait for a topic."
    );

    private static readonly Gauge<double> OldestUnsentAge = Meter.CreateGauge<double>(
        "notificationhub.publishing.oldest_unsent_age",
        "s",
        "Age of the oldest event that waits for a topic."
    );

    private static readonly Gauge<int> IsStopped = Meter.CreateGauge<int>(
        "notificationhub.publishing.stopped",
        "{topic}",
        "1 while a topic stands still, 0 otherwise."
    );

    public static void Sent(string topic, int events) => SentEvents.Add(events, Tag(topic));

    public static void Delivered(string topic, IEnumerable<EventEntry> events, TimeProvider time)
    {
        if (!DeliveryDelay.Enabled)
        {
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var entry in events)
        {
            DeliveryDelay.Record(DelayBuckets.Seconds(entry.CreatedAt, now), Tag(topic));
        }
    }

    public static void DeadLettered(string topic, int events) => DeadLetteredEvents.Add(events, Tag(topic));

    public static void Measured(TopicStatus status, TimeProvider time)
    {
        Lag.Record(status.Unsent, Tag(status.Topic));
        OldestUnsentAge.Record(status.OldestUnsentAge(time).TotalSeconds, Tag(status.Topic));
        IsStopped.Record(status.State is TopicState.Stopped or TopicState.Waiting ? 1 : 0, Tag(status.Topic));
    }

    private static KeyValuePair<string, object?> Tag(string topic) => new("topic", topic);
}
