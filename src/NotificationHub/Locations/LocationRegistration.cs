using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>
/// Registers a location at Apple with this hub as the receiver of its notifications. It rolls forward: only what Apple certainly
/// refused is undone; what is unknown stays accepted, and the same command finds out and finishes. A location whose content token
/// has ended, or that was taken over, comes back in the same way, under its id.
/// </summary>
internal sealed class LocationRegistration(
    RegistrationStore ledger,
    ReplicaBarrier replicas,
    LocationLocks locks,
    LocationConfiguration configuration,
    AppleClient apple,
    TimeProvider time
)
{
    private static readonly RegistrationRequestValidator Validator = new();

    /// <exception cref="LocationException">It did not come to its end; the fault says how things stand.</exception>
    public async Task<Location> RegisterAsync(RegistrationRequest request, CancellationToken cancellationToken)
    {
        Validator.Ensure(request);
        await replicas.EnsureLiveAsync(cancellationToken);
        using var rate = new RequestRate(time);
        var session = new AppleSession(apple, request.Token, rate);
        var found = await ReadAsync(session, cancellationToken);
        var planned = await ledger.PlanAsync(request, found, plannedId: null, cancellationToken);
        await using var held = await locks.TakeAsync(planned.LocationId, cancellationToken);

        // Read once more under the lock: another command may have finished meanwhile.
        found = await ReadAsync(session, cancellationToken);
        var attempt = await ledger.PlanAsync(request, found, planned.LocationId, cancellationToken);
        if (attempt.IsShownBy(found) && attempt.PendingDigests.Any(found.Echoes))
        {
            // An earlier attempt of unknown outcome did take effect.
            return await CompleteAsync(held, attempt, found.NotificationAuthTokenSha256!, found, cancellationToken);
        }

        var secret = NotificationSecret.Generate();
        await ledger.BeginAsync(held, attempt.Location, secret, cancellationToken);
        var set = await configuration.ApplyAsync(session, attempt, secret, cancellationToken);
        return await CompleteAsync(held, attempt, secret.Sha256, set, cancellationToken);
    }

    private static async Task<ClientConfig> ReadAsync(AppleSession session, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
        catch (AppleException fault)
        {
            throw LocationConfiguration.Refused(fault);
        }
    }

    private async Task<Location> CompleteAsync(
        LocationLock held,
        RegistrationAttempt attempt,
        byte[] sha256,
        ClientConfig set,
        CancellationToken cancellationToken
    )
    {
        var location = attempt.Confirmed(set, time.GetUtcNow());
        await ledger.CompleteAsync(held, location, sha256, set.Echoes(sha256), cancellationToken);
        return location;
    }
}
