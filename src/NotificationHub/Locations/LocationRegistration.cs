using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

// Registration rolls forward: only what Apple certainly refused is undone. If the outcome is unknown, the secret stays accepted, and the
// same command finds out and finishes. A location whose content token expired, or that was taken over, is registered again under its ID.
internal sealed class LocationRegistration(
    RegistrationStore store,
    ReplicaBarrier replicas,
    LocationLocks locks,
    LocationConfiguration configuration,
    AppleClient apple,
    TimeProvider time
)
{
    private static readonly RegistrationRequestValidator Validator = new();

    public async Task<Location> RegisterAsync(RegistrationRequest request, CancellationToken cancellationToken)
    {
        Validator.Ensure(request);
        await replicas.EnsureLiveAsync(cancellationToken);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var session = new AppleSession(apple, request.Token, rate);
        var found = await ReadAsync(session, cancellationToken);
        var planned = await store.PlanAsync(request, found, plannedId: null, cancellationToken);
        await using var held = await locks.AcquireAsync(planned.LocationId, cancellationToken);

        // Read again under the lock: another command may have finished in the meantime.
        found = await ReadAsync(session, cancellationToken);
        var attempt = await store.PlanAsync(request, found, planned.LocationId, cancellationToken);
        if (attempt.IsShownBy(found) && attempt.PendingDigests.Any(found.Echoes))
        {
            // An earlier attempt with an unknown outcome took effect.
            return await CompleteAsync(held, attempt, found.NotificationAuthTokenSha256!, found, cancellationToken);
        }

        var secret = NotificationSecret.Generate();
        await store.BeginAsync(held, attempt.Location, secret, cancellationToken);
        var confirmed = await configuration.ApplyAsync(session, attempt, secret, cancellationToken);
        return await CompleteAsync(held, attempt, secret.Sha256, confirmed, cancellationToken);
    }

    /// <summary>Adds a location whose notifications are received, and whose Client Config the MDM itself writes.</summary>
    public async Task<ReceiveOnlyLocation> RegisterReceiveOnlyAsync(Uri hubUrl, CancellationToken cancellationToken)
    {
        await replicas.EnsureLiveAsync(cancellationToken);
        var secret = NotificationSecret.Generate();
        var locationId = LocationId.Generate();
        var now = time.GetStoredUtcNow();
        var pending = new Location
        {
            LocationId = locationId,
            StateName = LocationState.Pending.ToWireName(),
            StateSince = now,
            ReceiveOnly = true,
            NotificationUrl = NotificationUrl.Create(hubUrl, locationId),
            CreatedAt = now,
        };
        await using var held = await locks.AcquireAsync(locationId, cancellationToken);
        await store.BeginAsync(held, pending, secret, cancellationToken);
        var location = pending with { StateName = LocationState.Valid.ToWireName(), RegisteredAt = now };
        await store.CompleteAsync(held, location, secret.Sha256, proven: true, cancellationToken);
        return new ReceiveOnlyLocation(location, secret);
    }

    private static Task<ClientConfig> ReadAsync(AppleSession session, CancellationToken cancellationToken) =>
        session.GetClientConfigAsync(LocationConfiguration.Refused, cancellationToken);

    private async Task<Location> CompleteAsync(
        LocationLock held,
        RegistrationAttempt attempt,
        byte[] sha256,
        ClientConfig confirmed,
        CancellationToken cancellationToken
    )
    {
        var location = attempt.Confirm(confirmed, time.GetStoredUtcNow());
        await store.CompleteAsync(held, location, sha256, confirmed.Echoes(sha256), cancellationToken);
        return location;
    }
}

/// <summary>A location without a content token, and the only copy of the secret that its MDM must configure at Apple.</summary>
internal sealed record ReceiveOnlyLocation(Location Location, NotificationSecret Secret);
