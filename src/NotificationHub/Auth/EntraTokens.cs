using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace NotificationHub.Auth;

/// <summary>Validates Microsoft Entra ID's bearer tokens: signature, issuer, audience and lifetime.</summary>
internal static class EntraTokens
{
    private const string Root = "https://login.microsoftonline.com";
    private const string Bearer = "Bearer ";
    private const int DotsOfToken = 2;

    // A JSON Web Token has three parts. A key with two dots works in X-Api-Key.
    public static bool IsPresentedBy(HttpRequest request) =>
        request.Headers.Authorization is [{ } value]
        && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && value.Count(letter => letter == '.') == DotsOfToken;

    public static string AuthorityOf(EntraOptions entra) =>
        entra.Authority is { Length: > 0 } authority ? authority : $"{Root}/{entra.TenantId}/v2.0";

    // The settings' validator accepts plain http on loopback only.
    public static bool IsHttps(string authority) =>
        authority.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);

    public static void Configure(JwtBearerOptions jwt, EntraOptions entra)
    {
        jwt.Authority = AuthorityOf(entra);
        jwt.Audience = entra.Audience;
        jwt.RequireHttpsMetadata = IsHttps(jwt.Authority);
        jwt.MapInboundClaims = false;
        jwt.SaveToken = false;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            RoleClaimType = HubPrincipal.RoleClaim,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            // Version 1 tokens have another issuer than the version 2 metadata names.
            ValidIssuers = entra.TenantId is { Length: > 0 } tenant ? [$"https://sts.windows.net/{tenant}/"] : null,
        };
        // An invalid token and an unreachable issuer give the same 401, without details.
        jwt.Events = new JwtBearerEvents
        {
            OnAuthenticationFailed = context =>
            {
                context.NoResult();
                return Task.CompletedTask;
            },
        };
    }
}
