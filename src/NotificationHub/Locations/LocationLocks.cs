using System.Collections.Concurrent;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations;

/// <summary>
/// Lets one command at a time work on a location, over all processes: two that configure it at Apple at once could each retire
/// the secret that the other one made Apple use.
/// </summary>
internal sealed class LocationLocks(LeaseKeeper leases)
{
    // The database tells processes apart, not two callers within one.
    private readonly ConcurrentDictionary<string, bool> held = new(StringComparer.Ordinal);

    /// <exception cref="LocationException">Another command has it.</exception>
    public async Task<LocationLock> TakeAsync(string locationId, CancellationToken cancellationToken)
    {
        var name = NameOf(locationId);
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

    /// <summary>Whether a command works on the location, in any process; where none does, none begins before the commit.</summary>
    public static async Task<bool> IsHeldAsync(WriteTransaction transaction, string locationId)
    {
        // The row whatever it says: one that a condition passes over is not kept from being taken.
        var isLive = await transaction.ScalarAsync<long?>(
            $"select case when {LeaseKeeper.IsLive} then 1 else 0 end from lease{transaction.Connection.ForUpdate} where name = @name",
            new { name = NameOf(locationId), now = await transaction.NowAsync() }
        );
        return isLive == 1;
    }

    private static string NameOf(string locationId) => $"location:{locationId}";

    private async ValueTask ReleaseAsync(Lease lease)
    {
        try
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // It runs out by itself; what was done under it is what counts.
        }
        finally
        {
            held.TryRemove(lease.Name, out _);
        }
    }

    private LocationException Busy(string locationId) =>
        new(
            LocationErrorCode.Busy,
            $"Another command works on the location {locationId} at this moment, or ended without notice less than {leases.Duration} ago. "
                + "Nothing was changed: run this command again then."
        );
}

/// <summary>The right to work on a location. Every transaction of the work demands it.</summary>
internal sealed class LocationLock(string locationId, Lease lease, Func<ValueTask> release) : IAsyncDisposable
{
    /// <exception cref="LocationException">It was lost; nothing of the transaction may be committed.</exception>
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
                $"The work on the location {locationId} was held up for so long that another command may have begun. Run this command again: "
                    + "it finds out how things stand.",
                exception
            );
        }
    }

    public ValueTask DisposeAsync() => release();
}
