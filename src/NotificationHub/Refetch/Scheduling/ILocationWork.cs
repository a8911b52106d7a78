using System.Data.Common;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Work on whole locations. A location gets it only while none of its targets is due, in slots of its own.</summary>
internal interface ILocationWork
{
    /// <summary>The locations where this work is due, and when it is due next.</summary>
    Task<(IReadOnlyList<WaitingLocation> Due, long? NextDueAt)> FindDueAsync(DbConnection connection, long now);

    /// <param name="lease">The lease of the location's shard.</param>
    Task RunAsync(string locationId, Lease lease, CancellationToken cancellationToken);
}
