using System.Net;

namespace NotificationHub.Apple;

/// <summary>
/// A failed call. The message contains the request's path, the status, Apple's number and the kind. It contains no
/// token, secret or record, and therefore none of Apple's text.
/// </summary>
public sealed class AppleException : Exception
{
    internal AppleException(AppleErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>The meaning of the error.</summary>
    public AppleErrorKind Kind { get; }

    /// <summary>Apple's <c>errorNumber</c>; null if the response has none.</summary>
    public int? ErrorNumber { get; internal init; }

    /// <summary>
    /// Apple's text, on one line and at most 300 characters; null if there is none. It may name a user or a device:
    /// personal data, which is not part of the message and must not be logged. Apple: ErrorResponse.
    /// </summary>
    public string? ErrorMessage { get; internal init; }

    /// <summary>With <see cref="AppleErrorKind.Malformed"/>: the missing or contradictory part. It contains no data from the response.</summary>
    public string? Malformation { get; internal init; }

    /// <summary>The response's status; null without a response. It is 200 if Apple sent an error with that status.</summary>
    public HttpStatusCode? HttpStatusCode { get; internal init; }

    /// <summary>How long Apple asks clients to wait, counted from the response; null if it does not say. At most a day.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>The affected records. Personal data: not part of the message, and must not be logged.</summary>
    public ErrorInfo? ErrorInfo { get; internal init; }

    /// <summary>
    /// For a write: the requests that were sent before the error, the one that failed, and those that were not sent.
    /// </summary>
    public AppleOperation? Operation { get; internal set; }

    /// <summary>
    /// For a write: whether the request may have taken effect, because Apple's response is missing or unreadable. Apple
    /// starts nothing if it responds with an error.
    /// </summary>
    public bool IsOutcomeUnknown =>
        Kind switch
        {
            AppleErrorKind.Network => !WasNotSent,
            AppleErrorKind.Protocol or AppleErrorKind.Malformed => true,
            AppleErrorKind.Unavailable => ErrorNumber is null,
            _ => false,
        };

    /// <summary>Whether no connection was made.</summary>
    internal bool WasNotSent { get; init; }

    /// <summary>Whether the content token is the cause, so that no further call will succeed.</summary>
    public bool IsTokenError =>
        Kind is AppleErrorKind.TokenExpired or AppleErrorKind.TokenRevoked or AppleErrorKind.TokenInvalid;

    /// <summary>Whether the same request may succeed later without a change.</summary>
    public bool IsTransient =>
        Kind
            is AppleErrorKind.Network
                or AppleErrorKind.Malformed
                or AppleErrorKind.Throttled
                or AppleErrorKind.Unavailable
                or AppleErrorKind.Paused;

    /// <summary>Whether Apple rejected this request, so that repeating it without a change will not help. Nothing was started.</summary>
    public bool IsRejection =>
        Kind
            is AppleErrorKind.Forbidden
                or AppleErrorKind.ReadOnlyToken
                or AppleErrorKind.NotFound
                or AppleErrorKind.Gone
                or AppleErrorKind.Conflict
                or AppleErrorKind.TooManyItems
                or AppleErrorKind.NotificationUrlRefused
                or AppleErrorKind.InvalidArgument;
}
