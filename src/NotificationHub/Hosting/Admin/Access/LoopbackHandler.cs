using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace NotificationHub.Hosting.Admin.Access;

/// <summary>
/// Lets in whoever is on this machine, in Development, but no page of another site that a browser here shows: by the host's name it would be
/// one that resolves to this machine, by <c>Sec-Fetch-Site</c> or <c>Origin</c> one that only sends.
/// </summary>
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
            && !IsOfAnotherSite(Request.Headers)
                ? AuthenticateResult.Success(
                    new AuthenticationTicket(
                        AdminPrincipal.Of("loopback", AdminPolicies.Operate, Scheme.Name),
                        Scheme.Name
                    )
                )
                : AuthenticateResult.NoResult()
        );

    // Old browsers send no Sec-Fetch-Site. An Origin that is no address ("null") is of a page that hides its own.
    private static bool IsOfAnotherSite(IHeaderDictionary headers) =>
        headers["Sec-Fetch-Site"].Any(site => site is not ("same-origin" or "none"))
        || headers.Origin.Any(origin => !Uri.TryCreate(origin, UriKind.Absolute, out var url) || !IsLoopback(url.Host));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
