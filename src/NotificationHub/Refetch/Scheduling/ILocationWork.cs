using System.Data.Common;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Work on whole locations, in slots of its own, while no target of the location is due.</summary>
internal interface ILocationWork
{
    bool IsEnabled { get; }

    /// <summary>The locations where this work is due, and when it is due next.</summary>
    Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindDueAsync(
        DbConnection connection,
        DateTimeOffset now
    );

    Task RunAsync(string locationId, Lease lease, CancellationToken cancellationToken);
}
