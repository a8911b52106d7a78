using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>An error as it may be logged, stored and shown. Apple's own text may name people and devices.</summary>
internal static class ErrorCode
{
    /// <summary>For example <c>InvalidArgument 9602</c>, <c>Unavailable (HTTP 503)</c> or <c>malformed response: no list assets</c>.</summary>
    public static string From(AppleException error) =>
        error switch
        {
            { Malformation: { } malformation } => $"malformed response: {malformation}",
            { Kind: AppleErrorKind.Protocol, HttpStatusCode: { } status } =>
                $"not an answer of the API (HTTP {(int)status})",
            { ErrorNumber: { } number } => $"{error.Kind} {number}",
            { HttpStatusCode: { } status } => $"{error.Kind} (HTTP {(int)status})",
            _ => error.Kind.ToString(),
        };

    public static string From(Exception exception) =>
        exception is AppleException error ? From(error) : exception.GetType().Name;
}
