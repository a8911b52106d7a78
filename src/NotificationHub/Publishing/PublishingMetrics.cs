using System.Diagnostics.Metrics;
using NotificationHub.Health;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Publishing;

internal sealed class PublishingMetrics(IMeterFactory meters)
{
    private readonly Counter<long> sentEvents = meters.CreateCounter(
        "notificationhub.publishing.sent",
        "{event}",
        "Events accepted by Service Bus, by topic."
    );

    private readonly Counter<long> deadLetteredEvents = meters.CreateCounter(
        "notificationhub.publishing.dead_lettered",
        "{event}",
        "Events that became dead letters, by topic."
    );

    private readonly Histogram<double> deliveryDelay = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.publishing.delay",
            "s",
            "Time until Service Bus accepts an event, from receipt of its notification or, without one, from its append, by topic.",
            tags: null,
            DelayBuckets.Advice
        );

    private readonly Gauge<long> lag = meters.CreateGauge<long>(
        "notificationhub.publishing.lag",
        "{event}",
        "Unsent events, counted up to 100,000, by topic."
    );

    private readonly Gauge<double> oldestUnsentAge = meters.CreateGauge<double>(
        "notificationhub.publishing.oldest_unsent_age",
        "s",
        "Age of the oldest unsent event, by topic."
    );

    private readonly Gauge<int> isStopped = meters.CreateGauge<int>(
        "notificationhub.publishing.stopped",
        "{topic}",
        "1 while the publisher of a topic is stopped, otherwise 0."
    );

    public void Sent(string topic, int events) => sentEvents.Add(events, Tag(topic));

    public void Delivered(string topic, IEnumerable<EventEntry> events, TimeProvider time)
    {
        if (!deliveryDelay.Enabled)
        {
            return;
        }

        var now = time.GetStoredUtcNow();
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
