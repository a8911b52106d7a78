using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;

namespace NotificationHub.Locations;

/// <param name="LocationId">The location.</param>
/// <param name="Audit">Who asks, where it is a person: an entry tells of a change of the location's state.</param>
internal sealed record VerifyRequest(string LocationId, StateAudit? Audit = null) : LocationRequest(LocationId);

/// <summary>How a location stands at Apple.</summary>
/// <param name="Location">The row as it is now: what the answer meant was written down.</param>
/// <param name="Differences">What is not as it is recorded, each with what to do; empty if all is well.</param>
internal sealed record VerifyResult(Location Location, IReadOnlyList<LocationDifference> Differences);

/// <summary>Compares what Apple has recorded for a location with what the hub has. Asks in every state, so that one that is well again is found so.</summary>
internal sealed class LocationVerification(LocationOpener desk, LocationApple apple, TimeProvider time)
{
    /// <exception cref="LocationException">It is not there, has no content token, is busy, or Apple did not answer.</exception>
    public async Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        await using var opened = await desk.OpenAsync(request, cancellationToken);
        using var rate = new RequestRate(time);
        var reading = await desk.ReadAsync(opened, apple.Open(opened.Location, rate), cancellationToken, request.Audit);
        return new VerifyResult(reading.Location, reading.Differences);
    }
}
