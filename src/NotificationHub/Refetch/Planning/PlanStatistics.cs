using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>What is known before the reading, so far as it decides how to read.</summary>
internal sealed record PlanStatistics
{
    public static readonly PlanStatistics Nothing = new();

    /// <summary>The version since which changed users can be asked for; null: never walked.</summary>
    public string? UsersVersion { get; init; }

    /// <summary>By an asset's key, how many licences are in use.</summary>
    public IReadOnlyDictionary<string, long> AssignedCounts { get; init; } = Empty;

    /// <summary>By a subscription's key, how many seats are in use.</summary>
    public IReadOnlyDictionary<string, long> SeatCounts { get; init; } = Empty;

    /// <summary>How many records of a kind there were when all were read last; a kind that never was is not there.</summary>
    public IReadOnlyDictionary<RecordKind, long> Totals { get; init; } = new Dictionary<RecordKind, long>();

    private static Dictionary<string, long> Empty => new(StringComparer.Ordinal);
}
