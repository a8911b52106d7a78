using System.Diagnostics.Metrics;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Relay;

internal sealed class RelayMetrics
{
    private readonly Counter<long> deliveredNotifications;
    private readonly Counter<long> failedAttempts;
    private readonly Histogram<double> delay;
    private volatile IReadOnlyList<RelayTargetStatus> latest = [];

    public RelayMetrics(IMeterFactory meters, TimeProvider time)
    {
        var meter = meters.CreateHubMeter();
        deliveredNotifications = meter.CreateCounter<long>(
            "notificationhub.relay.delivered",
            "{notification}",
            "Notifications accepted by relay targets, by target."
        );
        failedAttempts = meter.CreateCounter<long>(
            "notificationhub.relay.failures",
            "{attempt}",
            "Failed attempts to forward a notification, by target and failure."
        );
        delay = meter.CreateHistogram(
            "notificationhub.relay.delay",
            "s",
            "Time from a notification's receipt to its acceptance by a relay target.",
            tags: null,
            DelayBuckets.Advice
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.backlog",
            () => Observe(target => target.Pending),
            "{notification}",
            "Notifications that a relay target has not accepted yet, by target."
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.oldest_undelivered_age",
            () =>
                Observe(target =>
                    target.OldestPendingAt is { } at ? Math.Max((time.GetUtcNow() - at).TotalSeconds, 0) : 0
                ),
            "s",
            "Age of the oldest notification that a relay target has not accepted yet, by target."
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.set_aside",
            () => Observe(target => target.SetAside),
            "{notification}",
            "Notifications that were set aside for a relay target, by target."
        );
    }

    public void Delivered(string target, DateTimeOffset receivedAt, DateTimeOffset now)
    {
        deliveredNotifications.Add(1, Tag(target));
        delay.Record(DelayBuckets.Seconds(receivedAt, now));
    }

    public void Failed(string target, RelayFailure failure) =>
        failedAttempts.Add(1, Tag(target), KeyValuePair.Create<string, object?>("failure", failure.ToWireName()));

    public void Measured(IReadOnlyList<RelayTargetStatus> targets) => latest = targets;

    /// <summary>Only the replica that relays reports the gauges.</summary>
    public void Clear() => latest = [];

    private IEnumerable<Measurement<T>> Observe<T>(Func<RelayTargetStatus, T> measure)
        where T : struct => latest.Select(target => new Measurement<T>(measure(target), Tag(target.Target)));

    private static KeyValuePair<string, object?> Tag(string target) => new("target", target);
}
