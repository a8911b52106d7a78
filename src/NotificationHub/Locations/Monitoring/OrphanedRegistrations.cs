using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

// The secret of such a location was never printed: it cannot be configured, and the registration cannot be resumed.
/// <summary>Deletes receive-only locations whose registration was interrupted.</summary>
internal sealed partial class OrphanedRegistrations(Database database, ILogger<OrphanedRegistrations> logger)
{
    /// <returns>False: the next pass can wait.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var deleted = await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                var orphaned = await FindAsync(transaction);
                foreach (var locationId in orphaned)
                {
                    await LocationStore.DeleteAsync(transaction, locationId);
                }

                if (orphaned.Count > 0)
                {
                    await LocationStore.IncrementVersionAsync(transaction);
                }

                return orphaned;
            },
            cancellationToken
        );
        foreach (var locationId in deleted)
        {
            Log.Deleted(logger, locationId);
        }

        return false;
    }

    private static async Task<IReadOnlyList<string>> FindAsync(WriteTransaction transaction)
    {
        var pending = await transaction.QueryAsync<string>(
            "select location_id from location where state = @pending and receive_only = 1",
            new { pending = LocationState.Pending.ToWireName() }
        );
        List<string> orphaned = [];
        foreach (var locationId in pending)
        {
            if (!await LocationLocks.IsHeldAsync(transaction, locationId))
            {
                orphaned.Add(locationId);
            }
        }

        return orphaned;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The registration of receive-only location {LocationId} was interrupted before its secret was printed; the location was deleted. Run `locations add --receive-only` again."
        )]
        public static partial void Deleted(ILogger logger, string locationId);
    }
}
