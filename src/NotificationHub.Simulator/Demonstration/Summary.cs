using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Messaging.ServiceBus;
using NotificationHub.Events;
using NotificationHub.Refetch;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

internal sealed record SubscriptionSummary(string Name, long Received);

internal sealed record TopicSummary(
    string Name,
    long Appended,
    long Published,
    IReadOnlyList<SubscriptionSummary> Subscriptions
);

/// <param name="Forwarded">Notifications that the hub has delivered to the MDM.</param>
/// <param name="Received">Deliveries that the MDM accepted.</param>
internal sealed record RelaySummary(long Forwarded, long Received);

/// <summary>The result of the demonstration; <c>--json</c> prints it unchanged.</summary>
internal sealed record Summary
{
    public required int Devices { get; init; }

    public required int Apps { get; init; }

    public required int Seed { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The hub's request limit; above the default, because no MDM shares the location here.</summary>
    public required int RequestsPerSecond { get; init; }

    /// <summary>One delivery for each notification, two for a duplicate.</summary>
    public required long DeliveriesPlanned { get; init; }

    /// <summary>Including retries and the test notification.</summary>
    public required long DeliveryAttempts { get; init; }

    /// <summary>Deliveries with a 2xx response.</summary>
    public required long DeliveriesAccepted { get; init; }

    public required long NotificationsStored { get; init; }

    public long Duplicates => DeliveriesAccepted - NotificationsStored;

    public required long EventsAppended { get; init; }

    public required long EventsPublished { get; init; }

    public required IReadOnlyList<TopicSummary> Topics { get; init; }

    /// <summary>Null if the hub does not relay.</summary>
    public required RelaySummary? Relay { get; init; }

    public required long RefetchRequests { get; init; }

    public required long RefetchTargets { get; init; }

    public required long AppleRequests { get; init; }

    public required IReadOnlyDictionary<string, int> AppleRequestsByEndpoint { get; init; }

    /// <summary>From the receipt of a delivery to the arrival of its event on the bus.</summary>
    public required double LatencyP50Milliseconds { get; init; }

    public required double LatencyP99Milliseconds { get; init; }

    public required long Lost { get; init; }

    public required long Duplicated { get; init; }

    /// <summary>Items without a cause: a notification that Apple never sent, an event without a notification.</summary>
    public required long Unexpected { get; init; }

    /// <summary>Messages that a subscription received after a later message of the same topic.</summary>
    public required long OutOfOrder { get; init; }

    /// <summary>Deliveries without a 2xx response, events not published, pending targets, dead letters.</summary>
    public required long LeftOver { get; init; }

    /// <summary>Requests and messages that Apple or Service Bus would reject.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    [JsonIgnore]
    public bool IsGood =>
        Lost == 0 && Duplicated == 0 && Unexpected == 0 && OutOfOrder == 0 && LeftOver == 0 && Violations.Count == 0;

    [JsonIgnore]
    public int ExitCode => IsGood ? 0 : 1;

    /// <summary>The result in one line. Rare counts are shown only if they are not zero.</summary>
    [JsonIgnore]
    public string ResultLine =>
        string.Create(CultureInfo.InvariantCulture, $"lost: {Lost}, duplicated: {Duplicated}")
        + IfNotZero("unexpected", Unexpected)
        + IfNotZero("out of order", OutOfOrder)
        + IfNotZero("left over", LeftOver)
        + IfNotZero("violations", Violations.Count);

    public string ToJson() => JsonSerializer.Serialize(this, SummaryJsonContext.Default.Summary);

    private static string IfNotZero(string name, long count) =>
        count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {name}: {count}");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJsonContext : JsonSerializerContext;

internal static class SummaryTable
{
    public static void Write(IAnsiConsole console, Summary summary)
    {
        console.WriteLine();
        console.Write(Figures(summary));
        console.Write(Topics(summary));
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"The hub was limited to {summary.RequestsPerSecond} requests per second to Apple instead of the default {new RefetchOptions().RequestsPerSecond}, because no MDM sends requests for the location."
        );
        foreach (var violation in summary.Violations)
        {
            console.MarkupLineInterpolated($"[red]{violation}[/]");
        }

        console.MarkupLine($"[bold {(summary.IsGood ? "green" : "red")}]{summary.ResultLine}[/]");
    }

    private static Table Figures(Summary summary)
    {
        var table = new Table().AddColumns(
            new TableColumn(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{summary.Devices} devices x {summary.Apps} apps, {summary.Seconds} s"
                )
            ),
            new TableColumn("").RightAligned()
        );
        Row(table, "deliveries planned by Apple", summary.DeliveriesPlanned);
        Row(table, "delivery attempts, including retries", summary.DeliveryAttempts);
        Row(table, "deliveries answered 2xx", summary.DeliveriesAccepted);
        Row(table, "notifications stored", summary.NotificationsStored);
        Row(table, "duplicates ignored", summary.Duplicates);
        Row(table, "refetch requests", summary.RefetchRequests);
        Row(table, "after coalescing", summary.RefetchTargets);
        Row(table, "all requests to Apple", summary.AppleRequests);
        Row(table, "latency to bus, p50 in ms", summary.LatencyP50Milliseconds);
        Row(table, "latency to bus, p99 in ms", summary.LatencyP99Milliseconds);
        return table;
    }

    private static Table Topics(Summary summary)
    {
        var table = new Table().AddColumns(
            new TableColumn("topic"),
            new TableColumn("appended").RightAligned(),
            new TableColumn("published").RightAligned(),
            new TableColumn("received by subscriptions")
        );
        foreach (var topic in summary.Topics)
        {
            table.AddRow(
                topic.Name,
                Number(topic.Appended),
                Number(topic.Published),
                string.Join(
                    ", ",
                    topic.Subscriptions.Select(subscription => $"{subscription.Name} {Number(subscription.Received)}")
                )
            );
        }

        if (summary.Relay is { } relay)
        {
            table.AddRow(
                "(relay)",
                Number(summary.NotificationsStored),
                Number(relay.Forwarded),
                $"MDM {Number(relay.Received)}"
            );
        }

        return table;
    }

    private static void Row(Table table, string name, double value) => table.AddRow(name, Number(value));

    private static string Number(double value) => value.ToString("#,0.#", CultureInfo.InvariantCulture);
}

/// <summary>The time from each delivery's receipt to the arrival of its event on the bus.</summary>
internal static class Latency
{
    private const string NotifiedSuffix = ".notified.v1";

    public static (double P50, double P99) Percentiles(IEnumerable<Received> received)
    {
        double[] latencies =
        [
            .. received
                .SelectMany(one => one.Messages)
                .Where(message => message.Subject.EndsWith(NotifiedSuffix, StringComparison.Ordinal))
                .DistinctBy(message => message.MessageId, StringComparer.Ordinal)
                .Select(message => (message.EnqueuedTime - ReceivedAt(message)).TotalMilliseconds)
                .Order(),
        ];
        return (Percentile(latencies, 0.50), Percentile(latencies, 0.99));
    }

    // Nearest-rank percentile.
    private static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : sorted[(int)Math.Ceiling(sorted.Length * share) - 1];

    private static DateTimeOffset ReceivedAt(ServiceBusReceivedMessage message) =>
        JsonSerializer
            .Deserialize<CloudEvent<JsonElement>>(message.Body.ToMemory().Span, EventJsonContext.Wire.Options)!
            .Time!.Value;
}
