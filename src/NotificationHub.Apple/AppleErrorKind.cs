namespace NotificationHub.Apple;

/// <summary>The meaning of an error for the caller, regardless of number and text. Apple: Handling Error Responses.</summary>
public enum AppleErrorKind
{
    /// <summary>No response: name resolution, connection, TLS, an incomplete response, or the time limit. Try again later.</summary>
    Network,

    /// <summary>The response is not from this API: not JSON, a 401 without Apple's number, too long, or a redirect. Alert an operator if it persists.</summary>
    Protocol,

    /// <summary>A 200 response that is not the complete response that Apple documents; see <see cref="AppleException.Malformation"/>. It proves nothing about records. Try again later.</summary>
    Malformed,

    /// <summary>429 or 9646: too many requests. Back off, and respect <see cref="AppleException.RetryAfter"/>.</summary>
    Throttled,

    /// <summary>5xx, 9603, 9644 or 9729: Apple is temporarily unavailable. Try again after <see cref="AppleException.RetryAfter"/>.</summary>
    Unavailable,

    /// <summary>The request was not sent, because an earlier <c>Retry-After</c> of this location has not elapsed. Try again after <see cref="AppleException.RetryAfter"/>.</summary>
    Paused,

    /// <summary>9621: the content token has expired. Stop calling until there is a new one.</summary>
    TokenExpired,

    /// <summary>9625: the content token was revoked. Stop calling until there is a new one.</summary>
    TokenRevoked,

    /// <summary>9601, 9622, 9722 or a 401 with another error number: Apple does not know the content token. Stop calling until there is a new one.</summary>
    TokenInvalid,

    /// <summary>403, 9637 or 9647: the content token does not permit the request.</summary>
    Forbidden,

    /// <summary>9650 or 9812: the page index or cursor is no longer valid. Start again from the first page.</summary>
    RestartTraversal,

    /// <summary>The pages do not advance: a cursor was returned twice, or empty pages do not end. Start again later.</summary>
    TraversalStuck,

    /// <summary>9721: Apple no longer knows the <c>sinceVersionId</c>. Discard it and read everything.</summary>
    VersionUnknown,

    /// <summary>9708: Apple does not know this event ID.</summary>
    EventUnknown,

    /// <summary>9710, 9711, 9712 or 9728: the notification URL or secret is missing, too long, not https, or did not answer the test notification.</summary>
    NotificationUrlRefused,

    /// <summary>Apple rejects the request. A retry will not help.</summary>
    Refused,
}
