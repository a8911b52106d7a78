using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace NotificationHub.Auth;

/// <summary>How a bearer token of Microsoft Entra ID is judged: signature, issuer, audience and time.</summary>
internal static class EntraTokens
{
    private const string Root = "https://login.microsoftonline.com";

    public static void Configure(JwtBearerOptions jwt, EntraOptions entra)
    {
        jwt.Authority = entra.Authority is { Length: > 0 } authority ? authority : $"{Root}/{entra.TenantId}/v2.0";
        jwt.Audience = entra.Audience;
        // The validator of the settings lets plain http through on loopback only.
        jwt.RequireHttpsMetadata = jwt.Authority.StartsWith(Uri.UriSchemeHttps, StringComparison.OrdinalIgnoreCase);
        jwt.MapInboundClaims = false;
        jwt.SaveToken = false;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            RoleClaimType = AdminPrincipal.RoleClaim,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
            // Tokens of version 1 come from another issuer than the metadata of version 2 names.
            ValidIssuers = entra.TenantId is { Length: > 0 } tenant ? [$"https://sts.windows.net/{tenant}/"] : null,
        };
        // Whether a token is bad or the issuer cannot be asked, the caller is a stranger, and is told no more than that.
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
