using System.Collections.Concurrent;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations;

internal sealed class LocationLocks(Database database, LeaseKeeper leases)
{
    // A lease tells processes apart, but not two callers in one process.
    private readonly ConcurrentDictionary<string, bool> held = new(StringComparer.Ordinal);

    public async Task<LockedLocation> OpenAsync(
        string locationId,
        CancellationToken cancellationToken,
        bool includeRemoved = false
    )
    {
        LocationRules.EnsureLocationId(locationId);
        // Checked before the lock as well, so that an unknown ID takes no lease.
        Ensure(await LocationStore.FindAsync(database, locationId, cancellationToken), locationId, includeRemoved);
        var held = await AcquireAsync(locationId, cancellationToken);
        try
        {
            var location = await LocationStore.FindAsync(database, locationId, cancellationToken);
            return new LockedLocation(held, Ensure(location, locationId, includeRemoved));
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Locks a location that may not exist yet.</summary>
    public async Task<LocationLock> AcquireAsync(string locationId, CancellationToken cancellationToken)
    {
        var name = LeaseName(locationId);
        if (!held.TryAdd(name, true))
        {
            throw Busy(locationId);
        }

        try
        {
            return await leases.TryAcquireAsync(name, cancellationToken) is { } lease
                ? new LocationLock(locationId, lease, () => ReleaseAsync(lease))
                : throw Busy(locationId);
        }
        catch
        {
            held.TryRemove(name, out _);
            throw;
        }
    }

    /// <summary>Whether a command of any process has locked the location. If none has, none can before the commit.</summary>
    public static async Task<bool> IsHeldAsync(WriteTransaction transaction, string locationId)
    {
        // The condition is in the select list, because a row that a where clause skips would not be locked.
        var isLive = await transaction.ScalarAsync<long?>(
            $"select case when {LeaseKeeper.IsLive} then 1 else 0 end from lease{transaction.Connection.ForUpdate} where name = @name",
            new { name = LeaseName(locationId), now = await transaction.NowAsync() }
        );
        return isLive == 1;
    }

    private static string LeaseName(string locationId) => $"location:{locationId}";

    private async ValueTask ReleaseAsync(Lease lease)
    {
        try
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // The lease expires by itself, and the command's own outcome must not be lost.
        }
        finally
        {
            held.TryRemove(lease.Name, out _);
        }
    }

    private static Location Ensure(Location? location, string locationId, bool includeRemoved) =>
        location switch
        {
            null => throw LocationException.NotFound(locationId),
            { State: LocationState.Removed } when !includeRemoved => throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Location {locationId} was removed. Run `locations add` to register its library as a new location."
            ),
            _ => location,
        };

    private LocationException Busy(string locationId) =>
        new(
            LocationErrorCode.Busy,
            $"Location {locationId} is locked by another command, or by one that crashed within the last {leases.Duration}. "
                + "Nothing was changed. Try again later."
        );
}

/// <param name="Location">The row as read under the lock.</param>
internal sealed record LockedLocation(LocationLock Lock, Location Location) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Lock.DisposeAsync();
}

/// <summary>The right to work on a location, which every transaction of the command checks.</summary>
internal sealed class LocationLock(string locationId, Lease lease, Func<ValueTask> release) : IAsyncDisposable
{
    public async Task EnsureAsync(WriteTransaction transaction)
    {
        try
        {
            await lease.EnsureAsync(transaction);
        }
        catch (LeaseLostException exception)
        {
            throw new LocationException(
                LocationErrorCode.Unconfirmed,
                $"The lock of location {locationId} expired before the command ended, so its outcome is unconfirmed. "
                    + "Run it again to resume.",
                exception
            );
        }
    }

    public ValueTask DisposeAsync() => release();
}
