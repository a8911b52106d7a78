namespace NotificationHub.Apple;

/// <summary>The address of the lookup, from Service Config.</summary>
internal static class MetadataAddress
{
    /// <summary>The documented path, for telemetry.</summary>
    public const string Path = "/WebObjects/MZStorePlatform.woa/wa/lookup";

    private const string UrlKey = "contentMetadataLookup";
    private const string Host = "uclient-api.itunes.apple.com";

    /// <summary>Accepts https on Apple's documented host, the host of the base address, and loopback beside a base address on loopback.</summary>
    public static Uri? Find(ServiceConfig config, Uri baseUrl) =>
        config.Urls?.TryGetValue(UrlKey, out var sent) == true
        && Uri.TryCreate(sent, UriKind.Absolute, out var url)
        && BaseAddress.IsSafe(url)
        && (IsApples(url) || IsOnHostOf(baseUrl, url) || (baseUrl.IsLoopback && url.IsLoopback))
            ? url
            : null;

    private static bool IsApples(Uri url) =>
        url is { Host: Host, IsDefaultPort: true } && url.Scheme == Uri.UriSchemeHttps;

    private static bool IsOnHostOf(Uri baseUrl, Uri url) =>
        url.GetLeftPart(UriPartial.Authority) == baseUrl.GetLeftPart(UriPartial.Authority);
}
