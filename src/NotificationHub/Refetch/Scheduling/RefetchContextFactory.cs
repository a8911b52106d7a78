using System.Data.Common;
using System.Security.Cryptography;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Begins slots of locations for which Apple may be called.</summary>
internal sealed class RefetchContextFactory(
    Database database,
    RefetchFailures failures,
    LocationSessions sessions,
    LocationScheduler scheduler,
    TimeProvider time
)
{
    /// <returns>Null if Apple may not be called now.</returns>
    public async Task<RefetchContext?> CreateAsync(
        DbConnection connection,
        string locationId,
        Lease lease,
        string cause,
        CancellationToken cancellationToken
    )
    {
        if (
            await LocationStore.FindAsync(connection, locationId) is not { ContentToken: not null } location
            || !LocationStates.MayCallApple(location.State)
            || location.PausedUntil > time.GetStoredUtcNow()
            || await OpenAsync(location, lease, cancellationToken) is not { } session
        )
        {
            return null;
        }

        var slot = new LocationSlot(scheduler, locationId, database.Signals, time);
        return new RefetchContext(database, lease, session, slot, cancellationToken)
        {
            Location = location,
            Cause = cause,
            ImportedKinds = await ImportedKinds.ReadAsync(connection, locationId),
        };
    }

    private async Task<LocationSession?> OpenAsync(Location location, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            return sessions.Open(location);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            await failures.PauseUnreadableAsync(lease, location, exception, cancellationToken);
            return null;
        }
    }
}
