using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch;

/// <summary>One location's turn: what its reads have in common.</summary>
internal sealed class RefetchTurn(
    Database database,
    Lease lease,
    LocationSession session,
    TurnPlace place,
    CancellationToken cancellationToken
)
{
    /// <summary>As it is known; it follows what Apple answers.</summary>
    public required Location Location { get; set; }

    /// <summary>All users were walked before, so that a new one is new at Apple.</summary>
    public required bool UsersKnown { get; init; }

    public AppleSession Apple => session.Apple;

    public LocationPace Pace => session.Pace;

    public TurnPlace Place => place;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Writes in the lane while the lease of the location's shard is held; else nothing is committed.</summary>
    /// <exception cref="LeaseLostException">It is not held any more.</exception>
    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.DemandAsync(transaction);
                return await work(transaction);
            },
            cancellationToken
        );

    public Task WriteAsync(Func<WriteTransaction, Task> work) =>
        WriteAsync(async transaction =>
        {
            await work(transaction);
            return true;
        });
}

/// <summary>Apple may not be called for the location any more.</summary>
internal sealed class LocationClosedException(string locationId, LocationState state)
    : Exception($"Apple is not called for location {locationId}: it is {state.Word()}.");
