using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

// Registration rolls forward: only what Apple certainly refused is undone. If the outcome is unknown, the secret stays accepted, and the
// same command finds out and finishes. A location whose content token expired, or that was taken over, is registered again under its ID.
internal sealed class LocationRegistration(
    RegistrationStore store,
    ReplicaBarrier replicas,
    LocationLocks locks,
    LocationConfiguration configuration,
    TakeoverPlanner takeovers,
    RelayProof proof,
    AppleClient apple,
    TimeProvider time
)
{
    private static readonly RegistrationRequestValidator Validator = new();

    public async Task<RegisteredLocation> RegisterAsync(
        RegistrationRequest request,
        CancellationToken cancellationToken
    )
    {
        Validator.Ensure(request);
        await replicas.EnsureLiveAsync(cancellationToken);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var session = new AppleSession(apple, request.Token, rate);
        var found = await ReadAsync(session, cancellationToken);
        var planned = await store.PlanAsync(request, found, plannedId: null, cancellationToken);
        // Before the lock, because the response may take longer than the lock lasts.
        var proven = await proof.RunAsync(planned.Takeover.Targets, found.UId, cancellationToken);
        await using var held = await locks.AcquireAsync(planned.LocationId, cancellationToken);

        // Read again under the lock: another command may have finished in the meantime.
        found = await ReadAsync(session, cancellationToken);
        var attempt = await store.PlanAsync(request, found, planned.LocationId, cancellationToken);
        if (attempt.IsShownBy(found) && attempt.PendingDigests.Any(found.Echoes))
        {
            // An earlier attempt with an unknown outcome took effect.
            var sha256 = found.NotificationAuthToken!.Sha256;
            var resumed = await CompleteAsync(held, attempt, sha256, found, attempt.Takeover, cancellationToken);
            return new RegisteredLocation(resumed, attempt.Takeover.Stored, proven);
        }

        var secret = NotificationSecret.Generate();
        await store.BeginAsync(held, attempt.Location, secret, attempt.Takeover, cancellationToken);
        var confirmed = await configuration.ApplyAsync(session, attempt, secret, cancellationToken);
        var remaining = attempt.Takeover.Remaining;
        var location = await CompleteAsync(held, attempt, secret.Sha256, confirmed, remaining, cancellationToken);
        return new RegisteredLocation(location, attempt.Takeover.Stored, proven);
    }

    /// <summary>Adds a location whose notifications are received, and whose Client Config the MDM itself writes.</summary>
    public async Task<ReceiveOnlyLocation> RegisterReceiveOnlyAsync(
        Uri hubUrl,
        RelayDestination? relayTo,
        CancellationToken cancellationToken
    )
    {
        await replicas.EnsureLiveAsync(cancellationToken);
        var takeover = takeovers.PlanReceiveOnly(relayTo);
        var proven = await proof.RunAsync(takeover.Targets, uId: null, cancellationToken);
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
        await store.BeginAsync(held, pending, secret, takeover, cancellationToken);
        var location = pending with { StateName = LocationState.Valid.ToWireName(), RegisteredAt = now };
        await store.CompleteAsync(held, location, secret.Sha256, proven: true, Takeover.None, cancellationToken);
        return new ReceiveOnlyLocation(location, secret, proven);
    }

    private static Task<ClientConfig> ReadAsync(AppleSession session, CancellationToken cancellationToken) =>
        session.GetClientConfigAsync(LocationConfiguration.Refused, cancellationToken);

    private async Task<Location> CompleteAsync(
        LocationLock held,
        RegistrationAttempt attempt,
        byte[] sha256,
        ClientConfig confirmed,
        Takeover takeover,
        CancellationToken cancellationToken
    )
    {
        var location = attempt.Confirm(confirmed, time.GetStoredUtcNow());
        await store.CompleteAsync(held, location, sha256, confirmed.Echoes(sha256), takeover, cancellationToken);
        return location;
    }
}

/// <param name="Replaced">What Client Config had before; null if no other server received the notifications.</param>
internal sealed record RegisteredLocation(
    Location Location,
    ReplacedConfiguration? Replaced,
    IReadOnlyList<ProvenTarget> Targets
);

/// <summary>A location without a content token, and the only copy of the secret that its MDM must configure at Apple.</summary>
internal sealed record ReceiveOnlyLocation(
    Location Location,
    NotificationSecret Secret,
    IReadOnlyList<ProvenTarget> Targets
);
