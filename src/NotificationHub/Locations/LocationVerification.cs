using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;

namespace NotificationHub.Locations;

/// <param name="Audit">The person who verifies, for an audit entry if the location's state changes.</param>
internal sealed record VerifyRequest(string LocationId, StateAudit? Audit = null) : LocationRequest(LocationId);

internal sealed record VerifyResult(Location Location, IReadOnlyList<LocationDifference> Differences);

/// <summary>Compares Apple's configuration of a location with the recorded one, in every state.</summary>
internal sealed class LocationVerification(
    LocationLocks locks,
    LocationCheck check,
    LocationApple apple,
    TimeProvider time
)
{
    public async Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        await using var locked = await locks.OpenAsync(request, cancellationToken);
        using var rate = new RequestRate(time);
        var session = apple.Open(locked.Location, rate);
        var reading = await check.ReadAsync(locked, session, cancellationToken, request.Audit);
        return new VerifyResult(reading.Location, reading.Differences);
    }
}
