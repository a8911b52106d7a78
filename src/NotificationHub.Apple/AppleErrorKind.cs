namespace NotificationHub.Apple;

/// <summary>What an error means to the caller: what to do next, whatever the number or the wording. Apple: Handling Error Responses.</summary>
public enum AppleErrorKind
{
    /// <summary>No answer came: name resolution, connection, TLS, an answer cut short, or the time limit. Try again later.</summary>
    Network,

    /// <summary>The response is not from this API: not JSON, a 401 without Apple's number, too long, or a redirect. Alert an operator if it persists.</summary>
    Protocol,

    /// <summary>A 200 response that is not the complete answer that Apple documents; see <see cref="AppleException.Malformation"/>. It proves nothing about records. Try again later.</summary>
    Malformed,

    /// <summary>429 or 9646: too many requests. Back off, and obey <see cref="AppleException.RetryAfter"/>.</summary>
    Throttled,

    /// <summary>5xx, 9603, 9644 or 9729: Apple is out of order for a while. Try again after <see cref="AppleException.RetryAfter"/>.</summary>
    Unavailable,

    /// <summary>The request was not sent, because an earlier <c>Retry-After</c> of this location is not over. Try again after <see cref="AppleException.RetryAfter"/>.</summary>
    Paused,

    /// <summary>9621: the content token is past its date. Stop calling until there is a new one.</summary>
    TokenExpired,

    /// <summary>9625: the content token was revoked. Stop calling until there is a new one.</summary>
    TokenRevoked,

    /// <summary>9601, 9622, 9722 or a 401 with another number of Apple's: Apple does not know the content token. Stop calling until there is a new one.</summary>
    TokenInvalid,

    /// <summary>403, 9637 or 9647: the content token may not do this.</summary>
    Forbidden,

    /// <summary>9650 or 9812: the page index or cursor is not valid any more. Start again from the first page.</summary>
    RestartTraversal,

    /// <summary>The pages do not advance: a cursor was returned twice, or empty pages do not end. Start over later.</summary>
    TraversalStuck,

    /// <summary>9721: the <c>sinceVersionId</c> is not known any more. Forget it and read everything.</summary>
    VersionUnknown,

    /// <summary>9708: Apple does not know this eventId.</summary>
    EventUnknown,

    /// <summary>9710, 9711, 9712 or 9728: the notification URL or secret is missing, too long, not https, or did not answer the test notification.</summary>
    NotificationUrlRefused,

    /// <summary>Apple refuses the request as it stands; repeating it will not help.</summary>
    Refused,
}
