using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotificationHub.Health;

/// <summary>The answer of <c>/health/detail</c>. No secret and no personal data.</summary>
internal sealed record HealthDetail
{
    /// <summary><c>healthy</c>; <c>degraded</c>: posts are taken, but something needs looking at; <c>unhealthy</c>: this replica takes no posts.</summary>
    public required HealthStatus Status { get; init; }

    /// <summary>Why it is not healthy, for people; empty where it is.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public required string Version { get; init; }

    /// <summary>Which replica answers.</summary>
    public required string Replica { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Empty where the database cannot be read, as the others are.</summary>
    public required IReadOnlyList<StageDetail> Stages { get; init; }

    /// <summary>Empty where no Service Bus is configured.</summary>
    public required IReadOnlyList<TopicDetail> Topics { get; init; }

    /// <summary>How many locations are in each state.</summary>
    public required IReadOnlyDictionary<string, long> Locations { get; init; }

    /// <summary>The locations in trouble, those of long standing first; a hundred at most.</summary>
    public required IReadOnlyList<UnhealthyLocation> UnhealthyLocations { get; init; }

    /// <summary>Pages in the write-ahead log that are not in the database file yet; null for an engine without one.</summary>
    public long? WalPages { get; init; }
}
