using System.Diagnostics.Metrics;
using NotificationHub.Health;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

internal sealed class PublishingMetrics(IMeterFactory meters)
{
    private readonly Counter<long> sentEvents = meters
        .CreateHubMeter()
        .CreateCounter<long>("notificationhub.publishing.sent", "{event}", "Events that a topic has accepted.");

    private readonly Counter<long> deadLetteredEvents = meters
        .CreateHubMeter()
        .CreateCounter<long>("notificationhub.publishing.dead_lettered", "{event}", "Events that became dead letters.");

    private readonly Histogram<double> deliveryDelay = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.publishing.delay",
            "s",
            "From the receipt of the notification, or from the append of an event without one, to the topic's acceptance.",
            tags: null,
            DelayBuckets.Advice
        );

    private readonly Gauge<long> lag = meters
        .CreateHubMeter()
        .CreateGauge<long>(
            "notificationhub.publishing.lag",
            "{event}",
            "Unsent events of a topic, counted up to 100,000."
        );

    private readonly Gauge<double> oldestUnsentAge = meters
        .CreateHubMeter()
        .CreateGauge<double>(
            "notificationhub.publishing.oldest_unsent_age",
            "s",
            "Age of the oldest unsent event of a topic."
        );

    private readonly Gauge<int> isStopped = meters
        .CreateHubMeter()
        .CreateGauge<int>(
            "notificationhub.publishing.stopped",
            "{topic}",
            "1 while a topic accepts nothing, 0 otherwise."
        );

    public void Sent(string topic, int events) => sentEvents.Add(events, Tag(topic));

    public void Delivered(string topic, IEnumerable<EventEntry> events, TimeProvider time)
    {
        if (!deliveryDelay.Enabled)
        {
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var entry in events)
        {
            deliveryDelay.Record(DelayBuckets.Seconds(entry.CreatedAt, now), Tag(topic));
        }
    }

    public void DeadLettered(string topic, int events) => deadLetteredEvents.Add(events, Tag(topic));

    public void Measured(TopicStatus status, TimeProvider time)
    {
        lag.Record(status.Unsent, Tag(status.Topic));
        oldestUnsentAge.Record(status.OldestUnsentAge(time).TotalSeconds, Tag(status.Topic));
        isStopped.Record(status.State is TopicState.Stopped or TopicState.Waiting ? 1 : 0, Tag(status.Topic));
    }

    private static KeyValuePair<string, object?> Tag(string topic) => new("topic", topic);
}
