using System.Net;

namespace NotificationHub;

/// <summary>
/// Recognizes requests of programs and people on this machine: what Development opens without credentials, it opens to them only. No page
/// of another site that a browser here shows is one: by the host's name it would be one that resolves to this machine, by
/// <c>Sec-Fetch-Site</c> or <c>Origin</c> one that only sends. Nor is anything that a proxy or a tunnel on this machine passes on.
/// </summary>
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

    // Old browsers send no Sec-Fetch-Site. An Origin that is no address ("null") is of a page that hides its own.
    private static bool IsOfAnotherSite(IHeaderDictionary headers) =>
        headers["Sec-Fetch-Site"].Any(site => site is not ("same-origin" or "none"))
        || headers.Origin.Any(origin => !Uri.TryCreate(origin, UriKind.Absolute, out var url) || !IsLoopback(url.Host));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
