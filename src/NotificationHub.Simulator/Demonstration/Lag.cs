using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.LocalBus;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>How long it took from the receipt of each post to its event's arrival on the bus.</summary>
internal static class Lag
{
    private const string NotifiedSuffix = ".notified.v1";

    public static (double P50, double P99) Of(LocalServiceBus bus)
    {
        double[] lags =
        [
            .. bus
                .Topics.SelectMany(topic => topic.Subscriptions[0].Messages)
                .Where(message => message.Subject!.EndsWith(NotifiedSuffix, StringComparison.Ordinal))
                .Select(message => (message.EnqueuedAt - PostedAt(message)).TotalMilliseconds)
                .Order(),
        ];
        return (Percentile(lags, 0.50), Percentile(lags, 0.99));
    }

    // The smallest that is at least as large as this share of them.
    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(sorted.Length * share) - 1];

    private static DateTimeOffset PostedAt(BusMessage message) =>
        JsonSerializer
            .Deserialize<CloudEvent<JsonElement>>(message.Body.Span, EventJsonContext.Wire.Options)!
            .Time!.Value;
}
