using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Begins turns, of locations for which Apple may be asked now.</summary>
internal sealed class RefetchContextFactory(
    Database database,
    RefetchFailures failures,
    LocationSessions sessions,
    LocationScheduler queue,
    IOptions<RefetchOptions> options,
    TimeProvider time
)
{
    /// <param name="cause">Why it is read: one of <see cref="RecordChanges"/>'s causes.</param>
    /// <returns>Null where Apple is not to be asked.</returns>
    public async Task<RefetchContext?> BeginAsync(
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
            || location.PausedUntil > time.GetUtcNow().ToUnixTimeMilliseconds()
            || await OpenAsync(location, lease, cancellationToken) is not { } session
        )
        {
            return null;
        }

        var place = new LocationSlot(queue, locationId, options.Value.TurnLength, database.Signals, time);
        return new RefetchContext(database, lease, session, place, cancellationToken)
        {
            Location = location,
            Cause = cause,
            Known = await ImportedKinds.ReadAsync(connection, locationId),
        };
    }

    /// <returns>Null where the content token cannot be decrypted.</returns>
    private async Task<LocationSession?> OpenAsync(Location location, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            return sessions.Open(location);
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            await failures.NoteUnreadableAsync(lease, location, exception, cancellationToken);
            return null;
        }
    }
}
