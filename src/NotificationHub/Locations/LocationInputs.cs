using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using FluentValidation;
using NotificationHub.Apple;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

// A class, because a record's ToString would print the content token.
/// <summary>A location to register, as received by a command or over HTTP.</summary>
internal sealed class AddLocationInput
{
    [Description("The hub's public address, such as https://hub.example.com. Apple gets URL/notifications/ID.")]
    public string? Url { get; init; }

    [Description("The content of the content token's file, as downloaded from Apple. Omit it if receiveOnly is true.")]
    public string? ContentToken { get; init; }

    [Description("Change nothing at Apple. The response contains the secret once, for the MDM to configure.")]
    public bool ReceiveOnly { get; init; }

    [Description("The mdmInfo.id to record. By default, Apple's current one is kept.")]
    public string? MdmId { get; init; }

    [Description("The mdmInfo.name to record.")]
    public string? MdmName { get; init; }

    [Description("The mdmInfo.metadata to record.")]
    public string? MdmMetadata { get; init; }

    [Description("Forward every notification to the server whose notification URL Apple has now.")]
    public bool Relay { get; init; }

    [Description("Replace another server's notification URL at Apple. That server receives no more notifications.")]
    public bool Replace { get; init; }

    [Description("A URL to which every notification is forwarded. It must respond 2xx to a test notification.")]
    public string? RelayTo { get; init; }

    [Description("The bearer secret that the server at relayTo expects. Without it, no Authorization header is sent.")]
    public string? RelaySecret { get; init; }

    /// <summary>What the validated input says about another server.</summary>
    public TakeoverRequest ReadTakeover() =>
        new(
            Relay ? TakeoverMode.Relay
                : Replace ? TakeoverMode.Replace
                : TakeoverMode.Refuse,
            ReadRelayTo()
        );

    public RelayDestination? ReadRelayTo()
    {
        if (RelayTo is null)
        {
            return null;
        }

        return new RelayDestination(
            new Uri(RelayTo),
            RelayTargets.RelaySecret.TryParse(RelaySecret, out var secret, out _) ? secret : null
        );
    }
}

// A class, because a record's ToString would print the content token.
/// <summary>A new content token for a location, as received by a command or over HTTP.</summary>
internal sealed class RenewalInput
{
    public required string LocationId { get; init; }

    public string? ContentToken { get; init; }
}

internal sealed class RenewalInputValidator : AbstractValidator<RenewalInput>
{
    public RenewalInputValidator()
    {
        RuleFor(input => input.LocationId).IsLocationId();
        RuleFor(input => input.ContentToken).IsContentToken();
    }
}

internal sealed class AddLocationInputValidator : AbstractValidator<AddLocationInput>
{
    private const string NotSent = "must be omitted for a receive-only location: its MDM writes mdmInfo";
    private const string NotReplaced = "must be omitted for a receive-only location: the hub changes no URL at Apple";

    public AddLocationInputValidator()
    {
        RuleFor(input => input.Url).IsHubUrl();
        RuleFor(input => input.RelayTo).IsRelayUrl();
        RuleFor(input => input.RelaySecret).IsRelaySecret();
        RuleFor(input => input.RelaySecret)
            .Null()
            .When(input => input.RelayTo is null)
            .WithMessage("must be omitted without the URL of a relay target");
        RuleFor(input => input.Replace)
            .Equal(false)
            .When(input => input.Relay)
            .WithMessage("must be omitted: a server that is replaced receives no notifications");
        When(input => input.ReceiveOnly, ValidateReceiveOnly).Otherwise(ValidateRegistration);
    }

    private void ValidateReceiveOnly()
    {
        RuleFor(input => input.ContentToken)
            .Null()
            .WithMessage("must be omitted for a receive-only location: the hub does not call Apple for it");
        RuleFor(input => input.MdmId).Null().WithMessage(NotSent);
        RuleFor(input => input.MdmName).Null().WithMessage(NotSent);
        RuleFor(input => input.MdmMetadata).Null().WithMessage(NotSent);
        RuleFor(input => input.Relay).Equal(false).WithMessage(NotReplaced);
        RuleFor(input => input.Replace).Equal(false).WithMessage(NotReplaced);
    }

    private void ValidateRegistration()
    {
        RuleFor(input => input.ContentToken).IsContentToken("is missing; only a receive-only location needs none");
        RuleFor(input => input.MdmId).IsMdmId();
        RuleFor(input => input.MdmName).IsMdmName();
        RuleFor(input => input.MdmMetadata).IsMdmMetadata();
    }
}

/// <summary>Validation that needs neither Apple nor the database.</summary>
internal static class LocationRules
{
    private const int MaxLocationIdLength = 64;
    private const string NotALocationId = "is not a location ID; `locations list` shows the IDs";

    // Apple: Service Config, maxMdmIdLength, maxMdmNameLength, maxMdmMetadataLength.
    private const int MaxMdmIdLength = 100;
    private const int MaxMdmNameLength = 100;
    private const int MaxMdmMetadataLength = 255;

    public static IRuleBuilderOptions<T, string> IsLocationId<T>(this IRuleBuilder<T, string> rule) =>
        rule.Must(IsLocationId).WithMessage(NotALocationId);

    public static void EnsureLocationId(string locationId)
    {
        if (!IsLocationId(locationId))
        {
            throw new LocationException(LocationErrorCode.BadInput, $"LocationId {NotALocationId}.");
        }
    }

    public static void IsHubUrl<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (url, context) =>
            {
                if (!NotificationUrl.TryParseHub(url, out _, out var error))
                {
                    context.AddFailure(error);
                }
            }
        );

    /// <summary>Validates the content of a content token's file. Errors do not repeat it.</summary>
    public static void IsContentToken<T>(this IRuleBuilder<T, string?> rule, string missing = "is missing") =>
        rule.Custom(
            (text, context) =>
            {
                if (text is null)
                {
                    context.AddFailure(missing);
                }
                else if (!ContentToken.TryParse(text, out _, out var error))
                {
                    context.AddFailure(error);
                }
            }
        );

    // Whether http is allowed depends on the environment, and is validated later.
    public static void IsRelayUrl<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (url, context) =>
            {
                if (url is not null && !RelayUrl.TryParse(url, allowsLoopback: true, out _, out var error))
                {
                    context.AddFailure(error);
                }
            }
        );

    /// <summary>Validates a relay target's secret. Errors do not repeat it.</summary>
    public static void IsRelaySecret<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Custom(
            (secret, context) =>
            {
                if (secret is not null && !RelaySecret.TryParse(secret, out _, out var error))
                {
                    context.AddFailure(error);
                }
            }
        );

    public static IRuleBuilderOptions<T, string?> IsMdmId<T>(this IRuleBuilder<T, string?> rule) =>
        rule.HasLength(MaxMdmIdLength);

    public static IRuleBuilderOptions<T, string?> IsMdmName<T>(this IRuleBuilder<T, string?> rule) =>
        rule.HasLength(MaxMdmNameLength);

    public static IRuleBuilderOptions<T, string?> IsMdmMetadata<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(text => text is null or { Length: <= MaxMdmMetadataLength })
            .WithMessage($"must be at most {MaxMdmMetadataLength} characters long");

    public static void Ensure<T>(this IValidator<T> validator, T request)
    {
        var result = validator.Validate(request);
        if (!result.IsValid)
        {
            throw new LocationException(
                LocationErrorCode.BadInput,
                string.Join(
                    Environment.NewLine,
                    result.Errors.Select(error => $"{error.PropertyName} {error.ErrorMessage}.")
                )
            );
        }
    }

    private static bool IsLocationId(string id) =>
        id is { Length: > 0 and <= MaxLocationIdLength } && id.All(char.IsAsciiLetterOrDigit);

    private static IRuleBuilderOptions<T, string?> HasLength<T>(this IRuleBuilder<T, string?> rule, int max) =>
        rule.Must(text => text is null || (text.Length > 0 && text.Length <= max))
            .WithMessage($"must be 1 to {max} characters long; omit it to keep Apple's current value");
}

internal static class NotificationUrl
{
    // Apple: Service Config, maxNotificationLength.
    public const int MaxLength = 512;

    public static string Create(Uri hubUrl, string locationId) =>
        $"{hubUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')}/notifications/{locationId}";

    /// <summary>The host of a URL, and its port if it has one.</summary>
    public static string ReadHost(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Authority : "an invalid URL";

    public static bool TryParseHub(
        string? text,
        [NotNullWhen(true)] out Uri? hubUrl,
        [NotNullWhen(false)] out string? error
    )
    {
        hubUrl = Uri.TryCreate(text, UriKind.Absolute, out var parsed) ? parsed : null;
        error = hubUrl is null ? "must be an absolute URL, such as https://hub.example.com" : FindError(hubUrl);
        return error is null;
    }

    private static string? FindError(Uri url) =>
        url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)
            ? "must be https; http is accepted for loopback addresses only"
        : url is not { UserInfo: "", Query: "", Fragment: "" }
            ? "must have a host and a path only: no user, query or fragment"
        : !url.OriginalString.All(char.IsAscii) ? "must be ASCII; write an international host name in its xn-- form"
        : Create(url, LocationId.Generate()).Length > MaxLength
            ? $"is too long: the notification URL must have at most {MaxLength} characters"
        : null;
}
