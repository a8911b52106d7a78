using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Replays;

internal sealed class ReplayMetrics(IMeterFactory meters)
{
    private readonly Counter<long> sentEvents = meters.CreateCounter(
        "notificationhub.replay.sent",
        "{event}",
        "Replayed events accepted by Service Bus, by topic."
    );

    private readonly Counter<long> rejectedEvents = meters.CreateCounter(
        "notificationhub.replay.rejected",
        "{event}",
        "Events that replays skipped because Service Bus rejected them, by topic."
    );

    public void Sent(string topic, int sent, int rejected)
    {
        sentEvents.Add(sent, new KeyValuePair<string, object?>("topic", topic));
        rejectedEvents.Add(rejected, new KeyValuePair<string, object?>("topic", topic));
    }
}
