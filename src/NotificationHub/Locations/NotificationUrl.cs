using System.Diagnostics.CodeAnalysis;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

internal static class NotificationUrl
{
    // Apple: Service Config, maxNotificationLength.
    public const int MaxLength = 512;

    public static string Create(Uri hubUrl, string locationId) =>
        $"{hubUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')}/notifications/{locationId}";

    public static bool TryParseHub(
        string? text,
        [NotNullWhen(true)] out Uri? hubUrl,
        [NotNullWhen(false)] out string? error
    )
    {
        hubUrl = Uri.TryCreate(text, UriKind.Absolute, out var parsed) ? parsed : null;
        error = hubUrl is null ? "must be an absolute URL, such as https://hub.example.com" : FindError(hubUrl);
        return error is null;
    }

    private static string? FindError(Uri url) =>
        url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)
            ? "must be https; http is accepted for loopback addresses only"
        : url is not { UserInfo: "", Query: "", Fragment: "" }
            ? "must have a host and a path only: no user, query or fragment"
        : !url.OriginalString.All(char.IsAscii) ? "must be ASCII; write an international host name in its xn-- form"
        : Create(url, LocationId.Generate()).Length > MaxLength
            ? $"is too long: the notification URL must have at most {MaxLength} characters"
        : null;
}
