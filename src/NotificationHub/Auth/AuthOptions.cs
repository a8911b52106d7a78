using FluentValidation;
using NotificationHub.Storage;

namespace NotificationHub.Auth;

/// <summary>Credentials for the feed and for administration.</summary>
// Without any, these endpoints are not mapped outside Development.
internal sealed class AuthOptions
{
    public const string Section = "Auth";

    public IReadOnlyList<ApiKey> ApiKeys { get; set; } = [];

    /// <summary>The Microsoft Entra tenant whose tokens are accepted; null for none.</summary>
    public EntraOptions? Entra { get; set; }

    public bool HasKey(params string[] policies) =>
        ApiKeys.Any(key => policies.Contains(HubPolicies.ForRole(key.Role)));
}

/// <summary>A key of a consumer or an administrator. The hub stores only its digest.</summary>
internal sealed class ApiKey
{
    /// <summary>The header for a key, as an alternative to a bearer token.</summary>
    public const string Header = "X-Api-Key";

    /// <summary>The key's owner, as the audit log names it.</summary>
    public string Name { get; set; } = "";

    /// <summary>The SHA-256 of the key's UTF-8 bytes, as 64 hexadecimal digits.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary><c>Consume</c> for the feed; <c>Read</c> or, to change something as well, <c>Operate</c> for administration.</summary>
    public string Role { get; set; } = HubPolicies.ConsumeRole;

    /// <summary>The only topics that a consumer may read; empty for all.</summary>
    public IReadOnlyList<string> Topics { get; set; } = [];

    /// <summary>The IDs of the only locations that a consumer may read; empty for all.</summary>
    public IReadOnlyList<string> Locations { get; set; } = [];
}

internal sealed class EntraOptions
{
    /// <summary>The tenant whose tokens are accepted.</summary>
    public string? TenantId { get; set; }

    /// <summary>The URL of another issuer, instead of the tenant. Plain http on loopback only.</summary>
    public string? Authority { get; set; }

    /// <summary>The required <c>aud</c> of a token: the application's ID or its ID URI.</summary>
    public string Audience { get; set; } = "";

    /// <summary>The application that signs users in to the console; null for sign-in by key only.</summary>
    public string? ClientId { get; set; }

    /// <summary>The secret of that application.</summary>
    public string? ClientSecret { get; set; }

    public bool SignsIn => ClientId is { Length: > 0 };
}

internal sealed class AuthOptionsValidator : AbstractValidator<AuthOptions>
{
    private const int DigestDigits = 64;

    public AuthOptionsValidator()
    {
        RuleForEach(options => options.ApiKeys)
            .ChildRules(key =>
            {
                key.RuleFor(value => value.Name).NotEmpty().WithMessage("must name the key's owner");
                key.RuleFor(value => value.Sha256)
                    .Must(digest => digest.Length == DigestDigits && digest.All(char.IsAsciiHexDigit))
                    .WithMessage("must be the SHA-256 of the key as 64 hexadecimal digits");
                key.RuleFor(value => value.Role)
                    .Must(role => HubPolicies.ForRole(role) is not null)
                    .WithMessage("must be Consume, Read or Operate");
                key.RuleFor(value => value.Topics)
                    .Must(topics => topics.All(topic => TopicMap.Topics.Contains(topic, StringComparer.Ordinal)))
                    .WithMessage($"must be one of {string.Join(", ", TopicMap.Topics)}");
                key.RuleFor(value => value.Locations)
                    .Must(locations => locations.Count <= InLists.MaxValues)
                    .WithMessage($"must have at most {InLists.MaxValues} locations; without any, the key reads all");
                key.RuleFor(value => value.Locations)
                    .Must(locations => locations.All(location => location.Length > 0))
                    .WithMessage("must be the IDs of locations");
                key.RuleFor(value => value.Topics)
                    .Must((value, topics) => topics.Count == 0 && value.Locations.Count == 0)
                    .When(value => HubPolicies.ForRole(value.Role) is not (null or HubPolicies.Consume))
                    .WithMessage("Topics and Locations are allowed only for the role Consume");
            });
        RuleFor(options => options.ApiKeys)
            .Must(keys => keys.DistinctBy(key => key.Name, StringComparer.Ordinal).Count() == keys.Count)
            .WithMessage("must not contain the same name twice");
        When(
            options => options.Entra is not null,
            () =>
            {
                RuleFor(options => options.Entra!.Audience)
                    .NotEmpty()
                    .WithMessage("must be the application's ID or ID URI");
                RuleFor(options => options.Entra!)
                    .Must(entra => entra.TenantId is { Length: > 0 } != entra.Authority is { Length: > 0 })
                    .WithMessage("must have either a TenantId or an Authority");
                RuleFor(options => options.Entra!.TenantId)
                    .Must(tenant => tenant is null or "" || Guid.TryParse(tenant, out _))
                    .WithMessage("must be a tenant's ID (a GUID): a name such as common accepts every tenant's tokens");
                RuleFor(options => options.Entra!.Authority)
                    .Must(authority => authority is null or "" || IsSafe(authority))
                    .WithMessage("must be an https URL (http is accepted for loopback addresses only)");
                RuleFor(options => options.Entra!.ClientSecret)
                    .Must((options, secret) => secret is { Length: > 0 } == options.Entra!.SignsIn)
                    .WithMessage("must be set together with Auth:Entra:ClientId");
            }
        );
    }

    private static bool IsSafe(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var url)
        && url is { UserInfo: "", Query: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
