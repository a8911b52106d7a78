using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace NotificationHub.Auth;

/// <summary>Lets in whoever presents a key of <c>Admin:ApiKeys</c>.</summary>
internal sealed class ApiKeyHandler(
    ApiKeyVerifier<AdminKey> keys,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            keys.Find(Request.Headers.Authorization, Request.Headers[ApiKey.Header]) is { } key
                ? AuthenticateResult.Success(
                    new AuthenticationTicket(
                        AdminPrincipal.Of($"key:{key.Name}", AdminRoles.PolicyOf(key.Role)!, Scheme.Name),
                        Scheme.Name
                    )
                )
                : AuthenticateResult.NoResult()
        );
}
