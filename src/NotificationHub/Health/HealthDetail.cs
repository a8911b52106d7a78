using System.Data.Common;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotificationHub.Health;

/// <summary>The response of <c>/health/detail</c>. It contains no secret and no personal data.</summary>
internal sealed record HealthDetail
{
    /// <summary>
    /// <c>healthy</c>; <c>degraded</c>: deliveries are accepted, but something needs attention; <c>unhealthy</c>: this replica
    /// accepts no deliveries.
    /// </summary>
    public required HealthStatus Status { get; init; }

    /// <summary>Why the hub is not healthy; empty if it is.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    public required string Version { get; init; }

    /// <summary>The replica that responds.</summary>
    public required string Replica { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Empty if the database cannot be read, like the members below.</summary>
    public required IReadOnlyList<StageStatus> Stages { get; init; }

    /// <summary>Empty if Service Bus is not configured.</summary>
    public required IReadOnlyList<TopicStageStatus> Topics { get; init; }

    /// <summary>The number of locations in each state.</summary>
    public required IReadOnlyDictionary<string, long> Locations { get; init; }

    /// <summary>The first hundred locations that need attention, oldest problem first.</summary>
    public required IReadOnlyList<UnhealthyLocation> UnhealthyLocations { get; init; }

    /// <summary>Pages in the write-ahead log that are not in the database file yet; null for an engine without one.</summary>
    public long? WalPages { get; init; }
}

/// <summary>A location that needs an operator's attention.</summary>
/// <param name="Location">The location's ID.</param>
/// <param name="State">The state, as in <c>locations list</c>.</param>
/// <param name="Since">Null if the time is not known.</param>
internal sealed record UnhealthyLocation(string Location, string State, string? Reason, DateTimeOffset? Since);

/// <summary>The health of the locations, which their own folder knows.</summary>
internal interface ILocationHealth
{
    /// <summary>Why content tokens cannot be decrypted; null if they can.</summary>
    string? KeyRingProblem { get; }

    /// <summary>The states in which nothing is read from Apple until an operator acts.</summary>
    IReadOnlyList<string> ClosedStates { get; }

    /// <summary>The number of locations in each state.</summary>
    Task<IReadOnlyDictionary<string, long>> CountAsync(DbConnection connection);

    /// <summary>The locations that are neither valid nor removed, are silent, or differ from their Client Config at Apple.</summary>
    Task<IReadOnlyList<UnhealthyLocation>> ListAsync(DbConnection connection);
}
