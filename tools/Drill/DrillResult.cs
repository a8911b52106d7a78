using System.Text.Json;
using System.Text.Json.Serialization;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Drill;

internal sealed record DrillResult
{
    public required string Scenario { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyList<DrillLine> Timeline { get; init; }

    public long Lost { get; init; }

    public long Duplicated { get; init; }

    public long Unexpected { get; init; }

    public long OutOfOrder { get; init; }

    /// <summary>Deliveries that Apple abandoned, events not published, pending targets, dead letters.</summary>
    public long LeftOver { get; init; }

    /// <summary>Messages that each subscription's subscriber received after the recovery.</summary>
    public IReadOnlyDictionary<string, int> Received { get; init; } = new Dictionary<string, int>();

    /// <summary>Requests and messages that Apple or Service Bus would reject, such as one ID with two contents.</summary>
    public IReadOnlyList<string> Violations { get; init; } = [];

    /// <summary>Whether the hub's process is another one than at the start.</summary>
    public bool Restarted { get; init; }

    /// <summary>The condition that timed out; null if there is none.</summary>
    public string? Error { get; init; }

    [JsonIgnore]
    public bool IsGood =>
        Error is null
        && (Lost, Duplicated, Unexpected, OutOfOrder, LeftOver) == (0, 0, 0, 0, 0)
        && Violations.Count == 0
        && !Restarted;

    [JsonIgnore]
    public string ResultLine =>
        $"lost: {Lost}, duplicated: {Duplicated}, unexpected: {Unexpected}, out of order: {OutOfOrder}, left over: {LeftOver}, "
        + $"violations: {Violations.Count}, restarted: {(Restarted ? "yes" : "no")}"
        + (Error is null ? "" : $"; {Error}");

    public static string ToJson(IReadOnlyList<DrillResult> results) =>
        JsonSerializer.Serialize(results, DrillJsonContext.Default.IReadOnlyListDrillResult);

    public DrillResult With(Findings findings) =>
        this with
        {
            Lost = findings.Losses.Lost,
            Duplicated = findings.Losses.Duplicated,
            Unexpected = findings.Losses.Unexpected,
            OutOfOrder = findings.OutOfOrder,
            Received = findings.Received.ToDictionary(
                one => $"{one.Topic}/{one.Subscription}",
                one => one.Messages.Count,
                StringComparer.Ordinal
            ),
        };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<DrillResult>))]
internal sealed partial class DrillJsonContext : JsonSerializerContext;
