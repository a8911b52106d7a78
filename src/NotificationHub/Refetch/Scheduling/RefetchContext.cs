using System.Globalization;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>One location's turn: what its reads have in common.</summary>
internal sealed class RefetchContext(
    Database database,
    Lease lease,
    LocationSession session,
    LocationSlot place,
    CancellationToken cancellationToken
)
{
    /// <summary>As it is known; it follows what Apple answers.</summary>
    public required Location Location { get; set; }

    /// <summary>Why it is read: one of <see cref="RecordChanges"/>'s causes.</summary>
    public required string Cause { get; init; }

    /// <summary>The kinds of which all records were read before, so that a new one is new at Apple.</summary>
    public required IReadOnlySet<RecordKind> Known { get; init; }

    /// <summary>Who has the turn: another one after each restart, and on each replica.</summary>
    public string Owner => string.Create(CultureInfo.InvariantCulture, $"{lease.Owner}:{lease.FencingToken}");

    public AppleSession Apple => session.Apple;

    public LocationPace Pace => session.Pace;

    public TokenResponses Token => session.Token;

    public LocationSlot Place => place;

    public void NoteAnswer() => session.RecordSuccess();

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>It says nothing of what was read: somebody else has the shard, the location is closed, the hub stops, or the store is out of order.</summary>
    public static bool IsEndedBy(Exception exception) =>
        exception
            is LeaseLostException
                or LocationClosedException
                or OperationCanceledException
                or StorageUnavailableException;

    /// <summary>Writes in the lane while the lease of the location's shard is held and the location is there; else nothing is committed.</summary>
    /// <exception cref="LeaseLostException">It is not held any more.</exception>
    /// <exception cref="LocationClosedException">The location was removed: what was purged must not come back.</exception>
    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await EnsureLocationAsync(transaction, Location.LocationId);
                return await work(transaction);
            },
            cancellationToken
        );

    /// <summary>Lets the transaction go on only while the location is there, and keeps it there until the commit.</summary>
    /// <exception cref="LocationClosedException">It was removed: what was purged must not come back.</exception>
    public static async Task EnsureLocationAsync(WriteTransaction transaction, string locationId)
    {
        var isThere = await transaction.ScalarAsync<long>(
            $"select count(*) from location{transaction.Connection.ForUpdate} where location_id = @locationId and state <> 'removed'",
            new { locationId }
        );
        if (isThere == 0)
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

/// <summary>Apple may not be called for the location any more.</summary>
internal sealed class LocationClosedException(string locationId, LocationState state)
    : Exception($"Apple is not called for location {locationId}: it is {state.ToWireName()}.");
