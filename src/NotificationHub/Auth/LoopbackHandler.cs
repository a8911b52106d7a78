using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace NotificationHub.Auth;

/// <summary>Authenticates callers on this machine, in Development.</summary>
internal sealed class LoopbackHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            LocalCaller.IsLocal(Context)
                ? AuthenticateResult.Success(
                    new AuthenticationTicket(
                        AdminPrincipal.Of("loopback", AdminPolicies.Operate, Scheme.Name),
                        Scheme.Name
                    )
                )
                : AuthenticateResult.NoResult()
        );
}
