using System.Text.Json;
using Azure.Messaging.ServiceBus;
using NotificationHub.Events;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>How long it took from the receipt of each post to its event's arrival on the bus.</summary>
internal static class Lag
{
    private const string NotifiedSuffix = ".notified.v1";

    public static (double P50, double P99) Of(IEnumerable<Received> received)
    {
        double[] lags =
        [
            .. received
                .SelectMany(one => one.Messages)
                .Where(message => message.Subject.EndsWith(NotifiedSuffix, StringComparison.Ordinal))
                .DistinctBy(message => message.MessageId, StringComparer.Ordinal)
                .Select(message => (message.EnqueuedTime - PostedAt(message)).TotalMilliseconds)
                .Order(),
        ];
        return (Percentile(lags, 0.50), Percentile(lags, 0.99));
    }

    // The smallest that is at least as large as this share of them.
    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(sorted.Length * share) - 1];

    private static DateTimeOffset PostedAt(ServiceBusReceivedMessage message) =>
        JsonSerializer
            .Deserialize<CloudEvent<JsonElement>>(message.Body.ToMemory().Span, EventJsonContext.Wire.Options)!
            .Time!.Value;
}
