using System.Text.Json;
using System.Text.Json.Serialization;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Drill;

/// <summary>What came of a drill.</summary>
internal sealed record DrillResult
{
    public required string Scenario { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyList<DrillLine> Timeline { get; init; }

    public long Lost { get; init; }

    public long Doubled { get; init; }

    public long Unexpected { get; init; }

    public long OutOfOrder { get; init; }

    /// <summary>Work that was not finished: posts that Apple gave up, unpublished events, waiting targets, dead letters.</summary>
    public long LeftOver { get; init; }

    /// <summary>How many messages each subscription's subscriber received after the recovery.</summary>
    public IReadOnlyDictionary<string, int> Received { get; init; } = new Dictionary<string, int>();

    /// <summary>What the hub sent that Apple or Service Bus would refuse, one id with two contents among it.</summary>
    public IReadOnlyList<string> Violations { get; init; } = [];

    /// <summary>Whether another process answered at the end than at the start.</summary>
    public bool Restarted { get; init; }

    /// <summary>What did not come about; null where all did.</summary>
    public string? Fault { get; init; }

    [JsonIgnore]
    public bool IsGood =>
        Fault is null
        && (Lost, Doubled, Unexpected, OutOfOrder, LeftOver) == (0, 0, 0, 0, 0)
        && Violations.Count == 0
        && !Restarted;

    [JsonIgnore]
    public string Summary =>
        $"lost: {Lost}, doubled: {Doubled}, unexpected: {Unexpected}, out of order: {OutOfOrder}, left over: {LeftOver}, "
        + $"refused by Apple or the bus: {Violations.Count}, restarted: {(Restarted ? "yes" : "no")}"
        + (Fault is null ? "" : $"; {Fault}");

    public static string ToJson(IReadOnlyList<DrillResult> results) =>
        JsonSerializer.Serialize(results, DrillJsonContext.Default.IReadOnlyListDrillResult);

    public DrillResult With(Findings findings) =>
        this with
        {
            Lost = findings.Losses.Lost,
            Doubled = findings.Losses.Doubled,
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
