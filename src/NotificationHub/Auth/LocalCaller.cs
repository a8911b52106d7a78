using System.Net;

namespace NotificationHub.Auth;

// Recognizes requests from this machine: in Development, only they need no credentials. The check of the host name excludes DNS rebinding,
// and Sec-Fetch-Site and Origin exclude other sites' pages in a local browser. Requests that a local proxy or tunnel
// forwards are excluded, too.
internal static class LocalCaller
{
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
    ];

    public static bool IsLocal(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && IsLoopback(context.Request.Host.Host)
        && !IsOfAnotherSite(context.Request.Headers)
        && !ProxyHeaders.Any(context.Request.Headers.ContainsKey);

    // Old browsers send no Sec-Fetch-Site. An Origin that is not a URL ("null") comes from a page that hides its origin.
    private static bool IsOfAnotherSite(IHeaderDictionary headers) =>
        headers["Sec-Fetch-Site"].Any(site => site is not ("same-origin" or "none"))
        || headers.Origin.Any(origin => !Uri.TryCreate(origin, UriKind.Absolute, out var url) || !IsLoopback(url.Host));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
