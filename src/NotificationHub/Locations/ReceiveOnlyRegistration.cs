using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>A location without content token, and what its MDM has to enter at Apple. The secret is not kept: this is its only copy.</summary>
internal sealed record ReceiveOnlyLocation(Location Location, NotificationSecret Secret);

/// <summary>Adds a location whose notifications are received and passed on, while the MDM itself posts Client Config.</summary>
internal sealed class ReceiveOnlyRegistration(
    RegistrationStore ledger,
    ReplicaBarrier replicas,
    LocationLocks locks,
    TimeProvider time
)
{
    /// <exception cref="LocationException">No hub runs, or one of them does not accept the secret in time.</exception>
    public async Task<ReceiveOnlyLocation> RegisterAsync(Uri hubUrl, CancellationToken cancellationToken)
    {
        await replicas.EnsureLiveAsync(cancellationToken);
        var secret = NotificationSecret.Generate();
        var location = Create(hubUrl, time.GetUtcNow().ToUnixTimeMilliseconds());
        await using var held = await locks.TakeAsync(location.LocationId, cancellationToken);
        await ledger.BeginAsync(
            held,
            location with
            {
                StateName = LocationState.Pending.ToWireName(),
                RegisteredAt = null,
            },
            secret,
            cancellationToken
        );
        await ledger.CompleteAsync(held, location, secret.Sha256, proven: true, cancellationToken);
        return new ReceiveOnlyLocation(location, secret);
    }

    private static Location Create(Uri hubUrl, long now)
    {
        var locationId = LocationId.Generate();
        return new Location
        {
            LocationId = locationId,
            StateName = LocationState.Valid.ToWireName(),
            StateSince = now,
            ReceiveOnly = true,
            NotificationUrl = NotificationUrl.Of(hubUrl, locationId),
            CreatedAt = now,
            RegisteredAt = now,
        };
    }
}
