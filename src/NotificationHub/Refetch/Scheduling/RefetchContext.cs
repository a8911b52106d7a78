using System.Data.Common;
using System.Security.Cryptography;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

internal sealed class RefetchContext(
    Database database,
    Lease lease,
    LocationSession session,
    LocationSlot slot,
    CancellationToken cancellationToken
)
{
    public required Location Location { get; set; }

    public required string Cause { get; init; }

    /// <summary>The kinds whose records were all read before, so that a new record is new at Apple.</summary>
    public required IReadOnlySet<RecordKind> ImportedKinds { get; init; }

    // Differs after each restart, and on each replica.
    public string Owner => $"{lease.Owner}:{lease.FencingToken}";

    public AppleSession Apple => session.Apple;

    public LocationPace Pace => session.Pace;

    public TokenResponses Token => session.Token;

    public LocationSlot Slot => slot;

    public void RecordResponse() => session.RecordSuccess();

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Whether the exception ends the slot and says nothing about the read.</summary>
    public static bool IsEndedBy(Exception exception) =>
        exception
            is LeaseLostException
                or LocationClosedException
                or OperationCanceledException
                or StorageUnavailableException;

    /// <summary>Commits only while this replica holds the lease of the shard and the location exists.</summary>
    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work) =>
        database.WriteAsync(
            lease,
            async transaction =>
            {
                await EnsureLocationAsync(transaction, Location.LocationId);
                return await work(transaction);
            },
            cancellationToken
        );

    /// <summary>Fails if the location was removed, and prevents its removal until the commit.</summary>
    // Erased data must not be stored again.
    public static async Task EnsureLocationAsync(WriteTransaction transaction, string locationId)
    {
        var count = await transaction.ScalarAsync<long>(
            $"select count(*) from location{transaction.Connection.ForUpdate} where location_id = @locationId and state <> 'removed'",
            new { locationId }
        );
        if (count == 0)
        {
            throw new LocationClosedException(locationId, LocationState.Removed);
        }
    }

    public Task WriteAsync(Func<WriteTransaction, Task> work) =>
        WriteAsync(async transaction =>
        {
            await work(transaction);
            return true;
        });
}

internal sealed class LocationClosedException(string locationId, LocationState state)
    : Exception($"Apple is not called for location {locationId}: it is {state.ToWireName()}.");

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
