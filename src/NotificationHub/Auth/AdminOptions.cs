using FluentValidation;

namespace NotificationHub.Auth;

/// <summary>Who may administer the hub over HTTP. With neither keys nor Entra ID nothing is served outside Development.</summary>
internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>The listener for administration and health probes only; if null, every listener serves them.</summary>
    public string? Urls { get; set; }

    /// <summary>The keys that are accepted.</summary>
    public IReadOnlyList<AdminKey> ApiKeys { get; set; } = [];

    /// <summary>The Microsoft Entra tenant whose tokens are accepted; null for none.</summary>
    public EntraOptions? Entra { get; set; }

    public bool IsConfigured => ApiKeys.Count > 0 || Entra is not null;
}

internal sealed class AdminKey : ApiKey
{
    /// <summary>What it is for: <c>Read</c>, to look, or <c>Operate</c>, to change things, too.</summary>
    public string Role { get; set; } = AdminRoles.Read;
}

internal static class AdminRoles
{
    public const string Read = "Read";
    public const string Operate = "Operate";

    /// <summary>The policy that the role opens; null for a word that is no role.</summary>
    public static string? PolicyOf(string role) =>
        role.Equals(Read, StringComparison.OrdinalIgnoreCase) ? AdminPolicies.Read
        : role.Equals(Operate, StringComparison.OrdinalIgnoreCase) ? AdminPolicies.Operate
        : null;
}

internal sealed class EntraOptions
{
    /// <summary>The tenant's id, for an authority at <c>login.microsoftonline.com</c>.</summary>
    public string? TenantId { get; set; }

    /// <summary>Instead of it: the issuer's address, below which its OpenID configuration lies. Plain http on loopback only.</summary>
    public string? Authority { get; set; }

    /// <summary>The <c>aud</c> that a token must have: the application's id, or its id URI.</summary>
    public string Audience { get; set; } = "";
}

internal sealed class AdminOptionsValidator : AbstractValidator<AdminOptions>
{
    public AdminOptionsValidator()
    {
        this.JudgeKeys(options => options.ApiKeys);
        RuleForEach(options => options.ApiKeys)
            .ChildRules(key =>
                key.RuleFor(value => value.Role)
                    .Must(role => AdminRoles.PolicyOf(role) is not null)
                    .WithMessage($"must be {AdminRoles.Read} or {AdminRoles.Operate}")
            );
        When(
            options => options.Entra is not null,
            () =>
            {
                RuleFor(options => options.Entra!.Audience)
                    .NotEmpty()
                    .WithMessage("must name the application that tokens are for");
                RuleFor(options => options.Entra!)
                    .Must(entra => entra.TenantId is { Length: > 0 } != entra.Authority is { Length: > 0 })
                    .WithMessage("must have either a TenantId or an Authority");
                RuleFor(options => options.Entra!.TenantId)
                    .Must(tenant => tenant is null or "" || Guid.TryParse(tenant, out _))
                    .WithMessage("must be the tenant's id, a GUID: tokens of every tenant would be accepted otherwise");
                RuleFor(options => options.Entra!.Authority)
                    .Must(authority => authority is null or "" || IsSafe(authority))
                    .WithMessage("must be an https URL (http is accepted for loopback addresses only)");
            }
        );
    }

    private static bool IsSafe(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out var url)
        && url is { UserInfo: "", Query: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
