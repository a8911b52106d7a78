using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace NotificationHub.Auth;

internal sealed class ApiKeyHandler(
    ApiKeyVerifier keys,
    ApiAccessRules access,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var user =
            keys.Find(Request.Headers.Authorization, Request.Headers[ApiKey.Header]) is { } key
                ? HubPrincipal.Create($"key:{key.Name}", Scheme.Name, HubPolicies.ForRole(key.Role)!)
            : access.IsOpenTo(Context)
                ? HubPrincipal.Create("loopback", Scheme.Name, HubPolicies.Consume, HubPolicies.Operate)
            : null;
        return Task.FromResult(
            user is null
                ? AuthenticateResult.NoResult()
                : AuthenticateResult.Success(new AuthenticationTicket(user, Scheme.Name))
        );
    }
}
