using System.Diagnostics.CodeAnalysis;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>The addresses that Apple is given.</summary>
internal static class NotificationUrl
{
    /// <summary>Apple: Service Config, <c>maxNotificationLength</c>.</summary>
    public const int MaxLength = 512;

    /// <summary>Judges the hub's own public address, as an operator gives it.</summary>
    /// <param name="text">Such as <c>https://hub.example.com</c>; plain http is accepted for loopback addresses only.</param>
    /// <param name="hubUrl">The address.</param>
    /// <param name="fault">What is wrong with it.</param>
    public static bool TryParseHub(
        string? text,
        [NotNullWhen(true)] out Uri? hubUrl,
        [NotNullWhen(false)] out string? fault
    )
    {
        hubUrl = Uri.TryCreate(text, UriKind.Absolute, out var parsed) ? parsed : null;
        fault = hubUrl is null ? "must be an absolute URL, such as https://hub.example.com" : FaultOf(hubUrl);
        return fault is null;
    }

    /// <summary>The address of one location at the hub.</summary>
    public static string Of(Uri hubUrl, string locationId) =>
        $"{hubUrl.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/')}/notifications/{locationId}";

    private static string? FaultOf(Uri url)
    {
        if (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
        {
            return "must be https; plain http is accepted for loopback addresses only";
        }

        if (url is not { UserInfo: "", Query: "", Fragment: "" })
        {
            return "must have a host and a path only: no user, query or fragment";
        }

        if (!url.OriginalString.All(char.IsAscii))
        {
            return "must be ASCII; write an international host name in its xn-- form";
        }

        return Of(url, LocationId.Generate()).Length > MaxLength
            ? $"must leave a notification URL of at most {MaxLength} characters"
            : null;
    }
}
