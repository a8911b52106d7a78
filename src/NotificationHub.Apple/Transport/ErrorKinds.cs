using System.Net;

namespace NotificationHub.Apple;

internal static class ErrorKinds
{
    private const int LegacyToken = 9647;

    /// <summary>Maps Apple's number to a kind. An unknown number falls back to the class of the status.</summary>
    public static AppleErrorKind From(int? number, HttpStatusCode status, bool isWrite)
    {
        var kind = number switch
        {
            9601 or 9622 or 9722 => AppleErrorKind.TokenInvalid,
            9621 => AppleErrorKind.TokenExpired,
            9625 => AppleErrorKind.TokenRevoked,
            9637 or LegacyToken => AppleErrorKind.Forbidden,
            9646 => AppleErrorKind.Throttled,
            9603 or 9644 or 9729 => AppleErrorKind.Unavailable,
            9634 => AppleErrorKind.Gone,
            9650 or 9812 => AppleErrorKind.RestartTraversal,
            9708 => AppleErrorKind.EventUnknown,
            9721 => AppleErrorKind.VersionUnknown,
            9609 or 9814 or 9815 => AppleErrorKind.NotFound,
            9635 or 9641 or 9706 or 9707 or 9709 or 9716 or 9811 or 9817 or 9818 => AppleErrorKind.Conflict,
            9700 or 9701 or 9702 or 9714 or 9816 => AppleErrorKind.TooManyItems,
            9710 or 9711 or 9712 or 9728 => AppleErrorKind.NotificationUrlRefused,
            9602 or 9623 or 9703 or 9704 or 9705 or 9713 or 9715 => AppleErrorKind.InvalidArgument,
            >= 9717 and <= 9720 or >= 9723 and <= 9727 or 9813 => AppleErrorKind.InvalidArgument,
            _ => From(status),
        };

        // Apple does not document how it rejects a write with a read-only token: inferred from 9637 and its status.
        return isWrite && kind == AppleErrorKind.Forbidden && number is not (null or LegacyToken)
            ? AppleErrorKind.ReadOnlyToken
            : kind;
    }

    private static AppleErrorKind From(HttpStatusCode status) =>
        (int)status switch
        {
            401 => AppleErrorKind.TokenInvalid,
            403 => AppleErrorKind.Forbidden,
            404 => AppleErrorKind.NotFound,
            410 => AppleErrorKind.Gone,
            429 => AppleErrorKind.Throttled,
            408 or >= 500 => AppleErrorKind.Unavailable,
            >= 300 and < 400 => AppleErrorKind.Protocol,
            _ => AppleErrorKind.InvalidArgument,
        };
}
