using System.Data.Common;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotificationHub.Health;

/// <summary>The response of <c>/health/detail</c>. It contains no secret and no personal data.</summary>
/// <param name="Status">
/// <c>healthy</c>; <c>degraded</c>: deliveries are accepted, but something needs attention; <c>unhealthy</c>: this replica
/// accepts no deliveries.
/// </param>
/// <param name="Reasons">Why the hub is not healthy; empty if it is.</param>
/// <param name="Replica">The replica that responds.</param>
/// <param name="Stages">Empty if the database cannot be read, like the members below.</param>
/// <param name="Topics">Empty if Service Bus is not configured.</param>
/// <param name="Locations">The number of locations in each state.</param>
/// <param name="UnhealthyLocations">The first hundred locations that need attention, oldest problem first.</param>
/// <param name="WalPages">Pages in the write-ahead log that are not in the database file yet; null for an engine without one.</param>
internal sealed record HealthDetail(
    HealthStatus Status,
    IReadOnlyList<string> Reasons,
    string Version,
    string Replica,
    DateTimeOffset At,
    IReadOnlyList<StageStatus> Stages,
    IReadOnlyList<TopicStageStatus> Topics,
    IReadOnlyDictionary<string, long> Locations,
    IReadOnlyList<UnhealthyLocation> UnhealthyLocations,
    long? WalPages
)
{
    /// <summary>The <see cref="Reasons"/> with their kinds.</summary>
    [JsonIgnore]
    public IReadOnlyList<HealthProblem> Problems { get; init; } = [];
}

/// <summary>A reason why the hub is not healthy.</summary>
internal sealed record HealthProblem(HealthProblemKind Kind, string Text);

internal enum HealthProblemKind
{
    NotReady,
    KeyRing,
    TopicStopped,
    StageStalled,
    WorkFails,
    LocationsClosed,
    LocationDiffers,
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
