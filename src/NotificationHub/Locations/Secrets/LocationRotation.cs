using NotificationHub.Apple;

namespace NotificationHub.Locations.Secrets;

/// <param name="LocationId">The location.</param>
/// <param name="TakeBack">Also where somebody else has set another notification URL, secret or types.</param>
internal sealed record RotateRequest(string LocationId, bool TakeBack = false) : LocationRequest(LocationId);

/// <param name="Location">The row as it is now.</param>
/// <param name="IsResumed">An earlier rotation had taken effect without our knowing, and is finished now; no further secret was made.</param>
/// <param name="HandedOut">Of a receive-only location: the new secret, whose only copy this is, for its MDM to configure.</param>
internal sealed record RotateResult(Location Location, bool IsResumed, NotificationSecret? HandedOut = null);

/// <summary>Gives a location a new notification secret, without a restart and without a post lost.</summary>
internal sealed class LocationRotation(
    LocationOpener desk,
    LocationApple apple,
    ReplicaBarrier replicas,
    SecretRotation rollover,
    RegistrationStore ledger,
    TimeProvider time
)
{
    /// <exception cref="LocationException">It did not come to its end; the fault says how things stand, and the same command goes on from there.</exception>
    public async Task<RotateResult> RotateAsync(RotateRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await desk.OpenAsync(request, cancellationToken);
        LocationOpener.EnsureCallable(opened.Location);
        await replicas.EnsureLiveAsync(cancellationToken);
        if (opened.Location.ReceiveOnly)
        {
            return await HandOutAsync(opened, cancellationToken);
        }

        using var rate = new RequestRate(time);
        var rolled = await rollover.RollAsync(
            opened,
            apple.Open(opened.Location, rate),
            new RotationOrder(request.TakeBack, PostAnyhow: false),
            cancellationToken
        );
        return new RotateResult(rolled.Location, rolled.IsResumed);
    }

    /// <summary>The MDM configures it. The first post with it, other than a test, proves that it did, and the older ones end after that.</summary>
    private async Task<RotateResult> HandOutAsync(LockedLocation opened, CancellationToken cancellationToken)
    {
        if (opened.Location.State == LocationState.Pending)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The registration of the location {opened.Location.LocationId} was cut off before anybody was told of its secret, and the hub drops it. "
                    + "Run `locations add --receive-only` again."
            );
        }

        var secret = NotificationSecret.Generate();
        await ledger.BeginAsync(opened.Lock, opened.Location, secret, cancellationToken);
        return new RotateResult(opened.Location, IsResumed: false, secret);
    }
}
