using System.Net;

namespace NotificationHub.Apple;

internal static class ErrorKinds
{
    /// <summary>Maps Apple's number to a kind. An unknown number falls back to the class of the status.</summary>
    public static AppleErrorKind From(int? number, HttpStatusCode status) =>
        number switch
        {
            9601 or 9622 or 9722 => AppleErrorKind.TokenInvalid,
            9621 => AppleErrorKind.TokenExpired,
            9625 => AppleErrorKind.TokenRevoked,
            9637 or 9647 => AppleErrorKind.Forbidden,
            9646 => AppleErrorKind.Throttled,
            9603 or 9644 or 9729 => AppleErrorKind.Unavailable,
            9650 or 9812 => AppleErrorKind.RestartTraversal,
            9708 => AppleErrorKind.EventUnknown,
            9721 => AppleErrorKind.VersionUnknown,
            9710 or 9711 or 9712 or 9728 => AppleErrorKind.NotificationUrlRefused,
            _ => From(status),
        };

    public static AppleErrorKind From(HttpStatusCode status) =>
        (int)status switch
        {
            401 => AppleErrorKind.TokenInvalid,
            403 => AppleErrorKind.Forbidden,
            429 => AppleErrorKind.Throttled,
            408 or >= 500 => AppleErrorKind.Unavailable,
            >= 300 and < 400 => AppleErrorKind.Protocol,
            _ => AppleErrorKind.Refused,
        };
}
