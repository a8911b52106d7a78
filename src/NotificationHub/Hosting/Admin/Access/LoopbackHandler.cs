using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace NotificationHub.Hosting.Admin.Access;

/// <summary>Lets in whoever is on this machine, in Development. The host's name is looked at, too: a page in a browser here may lead anywhere.</summary>
internal sealed class LoopbackHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        Task.FromResult(
            Context.Connection.RemoteIpAddress is { } address
            && IPAddress.IsLoopback(address)
            && IsLoopback(Request.Host.Host)
                ? AuthenticateResult.Success(
                    new AuthenticationTicket(
                        AdminPrincipal.Of("loopback", AdminPolicies.Operate, Scheme.Name),
                        Scheme.Name
                    )
                )
                : AuthenticateResult.NoResult()
        );

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
