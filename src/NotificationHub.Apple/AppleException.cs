using System.Net;

namespace NotificationHub.Apple;

/// <summary>
/// A call that did not succeed. The message names the request's path, the status, Apple's number and the kind; it never
/// holds a token, a secret or a record's data, and so none of Apple's text.
/// </summary>
public sealed class AppleException : Exception
{
    internal AppleException(AppleErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>What to do about it.</summary>
    public AppleErrorKind Kind { get; }

    /// <summary>Apple's <c>errorNumber</c>; null where the answer named none.</summary>
    public int? ErrorNumber { get; internal init; }

    /// <summary>
    /// Apple's wording, on one line and at most 300 characters; null where there was none. It may name a user or a device:
    /// personal data, which is not part of the message and must not be logged. Apple: ErrorResponse.
    /// </summary>
    public string? ErrorMessage { get; internal init; }

    /// <summary>With <see cref="AppleErrorKind.Malformed"/>: the missing or contradictory part. It contains no data from the response.</summary>
    public string? Malformation { get; internal init; }

    /// <summary>Status of the answer; null where none came. It is 200 where Apple sent an error with a status of success.</summary>
    public HttpStatusCode? HttpStatusCode { get; internal init; }

    /// <summary>How long Apple asks to be left alone, counted from the answer; null where it did not say. At most a day.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The records concerned. Personal data: it is not part of the message and must not be logged.</summary>
    public ErrorInfo? ErrorInfo { get; internal init; }

    /// <summary>True where the content token itself is the trouble, so that no further call will succeed.</summary>
    public bool IsTokenFault =>
        Kind is AppleErrorKind.TokenExpired or AppleErrorKind.TokenRevoked or AppleErrorKind.TokenInvalid;
}
