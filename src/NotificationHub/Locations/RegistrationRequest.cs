using FluentValidation;
using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>What an operator asks for.</summary>
/// <param name="Token">The location's content token.</param>
/// <param name="HubUrl">The hub's public address.</param>
/// <param name="MdmInfo">What to record as the owner; members left null are kept as Apple has them.</param>
internal sealed record RegistrationRequest(ContentToken Token, Uri HubUrl, MdmInfo? MdmInfo = null);

internal sealed class RegistrationRequestValidator : AbstractValidator<RegistrationRequest>
{
    public RegistrationRequestValidator()
    {
        RuleFor(request => request.HubUrl)
            .Custom(
                (url, context) =>
                {
                    if (!NotificationUrl.TryParseHub(url.OriginalString, out _, out var fault))
                    {
                        context.AddFailure(fault);
                    }
                }
            );
        RuleFor(request => request.MdmInfo!.Id).IsMdmId().When(HasOwner);
        RuleFor(request => request.MdmInfo!.Name).IsMdmName().When(HasOwner);
        RuleFor(request => request.MdmInfo!.Metadata).IsMdmMetadata().When(HasOwner);
    }

    private static bool HasOwner(RegistrationRequest request) => request.MdmInfo is not null;
}

/// <summary>One attempt at configuring a location at Apple.</summary>
/// <param name="Location">The row as it stands while the attempt is under way.</param>
/// <param name="MdmInfo">The owner to record, complete.</param>
/// <param name="PendingDigests">Digests of earlier attempts whose outcome is unknown.</param>
internal sealed record RegistrationAttempt(Location Location, MdmInfo MdmInfo, IReadOnlyList<byte[]> PendingDigests)
{
    public string LocationId => Location.LocationId;

    /// <summary>Whether Apple's configuration names this hub and the owner that was to be recorded.</summary>
    public bool IsShownBy(ClientConfig found) =>
        found.NotificationUrl == Location.NotificationUrl
        && (found.MdmInfo?.Id is null || found.MdmInfo.Id == MdmInfo.Id);

    /// <summary>The row once Apple has shown <paramref name="set"/>.</summary>
    public Location Confirmed(ClientConfig set, DateTimeOffset now)
    {
        var expiresAt = set.TokenExpirationDate?.ToUnixTimeMilliseconds() ?? Location.TokenExpiresAt;
        var state = LocationStates.AfterResponse(
            LocationState.Valid,
            MdmInfo.Id,
            set.MdmInfo?.Id,
            expiresAt is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null,
            now
        );
        return Location with
        {
            StateName = state.ToWireName(),
            StateSince = now.ToUnixTimeMilliseconds(),
            NotificationTypes = LocationStore.WriteTypes(set.SubscribedNotificationTypes),
            TokenExpiresAt = expiresAt,
            RegisteredAt = now.ToUnixTimeMilliseconds(),
        };
    }
}

internal static class ClientConfigEcho
{
    /// <summary>Whether Apple says that it will present the secret of this digest.</summary>
    public static bool Echoes(this ClientConfig found, byte[] sha256) =>
        found.NotificationAuthTokenSha256 is { } echoed && echoed.AsSpan().SequenceEqual(sha256);
}
