using NotificationHub.Apple;

namespace NotificationHub.Locations.Secrets;

/// <param name="HandedOut">The only copy of a receive-only location's new secret, for its MDM to configure.</param>
internal sealed record RotateResult(Location Location, bool IsResumed, NotificationSecret? HandedOut = null);

/// <summary>Replaces the notification secret of a location without losing a delivery.</summary>
internal sealed class LocationRotation(
    LocationLocks locks,
    LocationApple apple,
    ReplicaBarrier replicas,
    SecretRotation rotation,
    RegistrationStore store,
    TimeProvider time
)
{
    /// <param name="overwrite">Whether to overwrite another party's URL, secret or types at Apple.</param>
    public async Task<RotateResult> RotateAsync(string locationId, bool overwrite, CancellationToken cancellationToken)
    {
        await using var locked = await locks.OpenAsync(locationId, cancellationToken);
        LocationStates.EnsureCallable(locked.Location);
        await replicas.EnsureLiveAsync(cancellationToken);
        if (locked.Location.ReceiveOnly)
        {
            return await HandOutAsync(locked, cancellationToken);
        }

        using var rate = new RequestRate(time);
        var session = apple.Open(locked.Location, rate);
        return await rotation.RotateAsync(locked, session, overwrite, mayResume: true, cancellationToken);
    }

    // The MDM configures the secret. The first delivery with it, other than a test, proves that; the older secrets retire after that.
    private async Task<RotateResult> HandOutAsync(LockedLocation locked, CancellationToken cancellationToken)
    {
        if (locked.Location.State == LocationState.Pending)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The registration of location {locked.Location.LocationId} was interrupted before its secret was printed, so the hub will delete it. "
                    + "Nothing was changed. Run `locations add --receive-only` again."
            );
        }

        var secret = NotificationSecret.Generate();
        await store.BeginAsync(locked.Lock, locked.Location, secret, cancellationToken);
        return new RotateResult(locked.Location, IsResumed: false, secret);
    }
}
