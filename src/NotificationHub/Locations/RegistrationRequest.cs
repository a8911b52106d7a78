using FluentValidation;
using NotificationHub.Apple;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Locations;

/// <param name="MdmInfo">The owner to record; null members keep Apple's values.</param>
internal sealed record RegistrationRequest(
    ContentToken Token,
    Uri HubUrl,
    MdmInfo? MdmInfo = null,
    TakeoverRequest? Takeover = null
);

internal sealed class RegistrationRequestValidator : AbstractValidator<RegistrationRequest>
{
    public RegistrationRequestValidator()
    {
        RuleFor(request => request.HubUrl)
            .Custom(
                (url, context) =>
                {
                    if (!NotificationUrl.TryParseHub(url.OriginalString, out _, out var error))
                    {
                        context.AddFailure(error);
                    }
                }
            );
        RuleFor(request => request.MdmInfo!.Id).IsMdmId().When(HasOwner);
        RuleFor(request => request.MdmInfo!.Name).IsMdmName().When(HasOwner);
        RuleFor(request => request.MdmInfo!.Metadata).IsMdmMetadata().When(HasOwner);
    }

    private static bool HasOwner(RegistrationRequest request) => request.MdmInfo is not null;
}

/// <summary>One attempt to configure a location at Apple.</summary>
/// <param name="PendingDigests">The secrets of earlier attempts with an unknown outcome.</param>
internal sealed record RegistrationAttempt(Location Location, MdmInfo MdmInfo, IReadOnlyList<byte[]> PendingDigests)
{
    private const string DefaultName = "NotificationHub";

    public string LocationId => Location.LocationId;

    public Takeover Takeover { get; init; } = Takeover.None;

    /// <summary>The <c>mdmInfo</c> to send: the MDM's own, except for the members that the operator sets.</summary>
    /// <param name="locationId">Names the owner if Apple has none.</param>
    /// <returns>All three members, because Apple refuses an incomplete object (9723).</returns>
    public static MdmInfo ChooseOwner(MdmInfo? requested, MdmInfo? found, string locationId)
    {
        // A new owner does not keep the name of the previous one.
        var kept = requested?.Id is { } id && id != found?.Id ? null : found;
        return new MdmInfo
        {
            Id = requested?.Id ?? NullIfEmpty(kept?.Id) ?? $"notificationhub-{locationId}",
            Name = requested?.Name ?? NullIfEmpty(kept?.Name) ?? DefaultName,
            Metadata = requested?.Metadata ?? kept?.Metadata ?? DefaultName,
        };
    }

    public bool IsShownBy(ClientConfig found) =>
        found.NotificationUrl == Location.NotificationUrl
        && (found.MdmInfo?.Id is null || found.MdmInfo.Id == MdmInfo.Id);

    public Location Confirm(ClientConfig confirmed, DateTimeOffset now)
    {
        var expiresAt = confirmed.TokenExpirationDate ?? Location.TokenExpiresAt;
        var state = LocationStates.AfterResponse(
            LocationState.Valid,
            MdmInfo.Id,
            confirmed.MdmInfo?.Id,
            expiresAt,
            now
        );
        return Location with
        {
            StateName = state.ToWireName(),
            StateSince = now,
            NotificationTypes = LocationStore.WriteTypes(confirmed.SubscribedNotificationTypes),
            TokenExpiresAt = expiresAt,
            RegisteredAt = now,
        };
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

internal static class ClientConfigReads
{
    /// <param name="explain">What a failure means for the action.</param>
    public static async Task<ClientConfig> GetClientConfigAsync(
        this AppleSession session,
        Func<AppleException, LocationException> explain,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
        catch (AppleException error)
        {
            throw explain(error);
        }
    }

    public static bool Echoes(this ClientConfig found, byte[] sha256) =>
        found.NotificationAuthToken is { } echoed && echoed.Sha256.AsSpan().SequenceEqual(sha256);
}
