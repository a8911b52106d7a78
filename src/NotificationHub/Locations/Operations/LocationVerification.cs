using FluentValidation;
using NotificationHub.Apple;

namespace NotificationHub.Locations.Operations;

internal sealed record VerifyRequest(string LocationId);

/// <summary>How a location stands at Apple.</summary>
/// <param name="Location">The row as it is now: what the answer meant was written down.</param>
/// <param name="Differences">What is not as it is recorded, each with what to do; empty if all is well.</param>
internal sealed record VerifyResult(Location Location, IReadOnlyList<LocationDifference> Differences);

internal sealed class VerifyRequestValidator : AbstractValidator<VerifyRequest>
{
    public VerifyRequestValidator() => RuleFor(request => request.LocationId).IsLocationId();
}

/// <summary>Compares what Apple has recorded for a location with what the hub has. Asks in every state, so that one that is well again is found so.</summary>
internal sealed class LocationVerification(LocationDesk desk, LocationApple apple, TimeProvider time)
{
    private static readonly VerifyRequestValidator Validator = new();

    /// <exception cref="LocationException">It is not there, has no content token, is busy, or Apple did not answer.</exception>
    public async Task<VerifyResult> VerifyAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        Validator.Demand(request);
        await using var opened = await desk.OpenAsync(request.LocationId, cancellationToken);
        using var rate = new RequestRate(time);
        var reading = await desk.ReadAsync(opened, apple.Open(opened.Location, rate), cancellationToken);
        return new VerifyResult(reading.Location, reading.Differences);
    }
}
