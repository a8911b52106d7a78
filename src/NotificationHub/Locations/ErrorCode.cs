using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>A fault as it may be logged, stored and told of: Apple's own text may name people and devices.</summary>
internal static class ErrorCode
{
    /// <summary>
    /// The kind of error, with Apple's number or else the status, such as <c>Refused 9602</c> or <c>Unavailable (HTTP 503)</c>. If Apple did
    /// not reject the request: <c>malformed response: no list assets</c> or <c>not an answer of the API (HTTP 200)</c>.
    /// </summary>
    public static string From(AppleException fault) =>
        fault switch
        {
            { Malformation: { } malformation } => $"malformed response: {malformation}",
            { Kind: AppleErrorKind.Protocol, HttpStatusCode: { } status } =>
                $"not an answer of the API (HTTP {(int)status})",
            { ErrorNumber: { } number } => $"{fault.Kind} {number}",
            { HttpStatusCode: { } status } => $"{fault.Kind} (HTTP {(int)status})",
            _ => fault.Kind.ToString(),
        };

    public static string From(Exception exception) =>
        exception is AppleException fault ? From(fault) : exception.GetType().Name;
}
