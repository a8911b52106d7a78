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

    /// <summary>
    /// A write that the content token does not permit although it permits reads: a read-only token. Use a token of a
    /// content manager with write access. Apple does not document the error of such a write. The client infers it from
    /// 9637, and from a 403 with any number except 9647, in the response to a write.
    /// </summary>
    ReadOnlyToken,

    /// <summary>9650 or 9812: the page index or cursor is no longer valid. Start again from the first page.</summary>
    RestartTraversal,

    /// <summary>The pages do not advance: a cursor was returned twice, or empty pages do not end. Start again later.</summary>
    TraversalStuck,

    /// <summary>9721: Apple no longer knows the <c>sinceVersionId</c>. Discard it and read everything.</summary>
    VersionUnknown,

    /// <summary>9708: Apple does not know this event ID.</summary>
    EventUnknown,

    /// <summary>404, 9609, 9814 or 9815: Apple does not know the user, or the user does not have the subscription. Refresh the users.</summary>
    NotFound,

    /// <summary>410 or 9634: Apple no longer offers this service. Alert an operator.</summary>
    Gone,

    /// <summary>
    /// 9635, 9641, 9706, 9707, 9709, 9716, 9811, 9817 or 9818: the state of an asset, user or subscription does not
    /// permit the request, for example because there are not enough licenses. It succeeds once that state has changed.
    /// </summary>
    Conflict,

    /// <summary>9700, 9701, 9702, 9714 or 9816: more items than one request may contain. Read Service Config again and split the request.</summary>
    TooManyItems,

    /// <summary>9710, 9711, 9712 or 9728: the notification URL or secret is missing, too long, not https, or did not accept the test notification.</summary>
    NotificationUrlRefused,

    /// <summary>Every other 4xx: an argument is invalid, missing or duplicate. A retry will not help.</summary>
    InvalidArgument,
}
