using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

/// <summary>
/// Drops receive-only locations whose registration was cut off before anybody was told of the secret: nobody can finish them, and nobody can
/// post to them.
/// </summary>
internal sealed partial class OrphanedRegistrations(Database database, ILogger<OrphanedRegistrations> logger)
{
    /// <returns>False: there is no more to be done at once.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var dropped = await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                var abandoned = await FindAsync(transaction);
                foreach (var locationId in abandoned)
                {
                    await LocationStore.DeleteAsync(transaction, locationId);
                }

                if (abandoned.Count > 0)
                {
                    await LocationStore.IncrementVersionAsync(transaction);
                }

                return abandoned;
            },
            cancellationToken
        );
        foreach (var locationId in dropped)
        {
            Log.Dropped(logger, locationId);
        }

        return false;
    }

    private static async Task<IReadOnlyList<string>> FindAsync(WriteTransaction transaction)
    {
        var pending = await transaction.QueryAsync<string>(
            "select location_id from location where state = @pending and receive_only = 1",
            new { pending = LocationState.Pending.ToWireName() }
        );
        List<string> abandoned = [];
        foreach (var locationId in pending)
        {
            if (!await LocationLocks.IsHeldAsync(transaction, locationId))
            {
                abandoned.Add(locationId);
            }
        }

        return abandoned;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The receive-only location {LocationId} was dropped: its registration was cut off before its secret was handed out."
        )]
        public static partial void Dropped(ILogger logger, string locationId);
    }
}
