namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>Something that goes wrong with one request.</summary>
internal abstract record Fault
{
    /// <summary>429 with 9646, with or without Retry-After.</summary>
    public static Fault TooManyRequests(TimeSpan? retryAfter = null) =>
        new AnswerFault(429, AppleErrors.TooManyRequests, retryAfter);

    /// <summary>503 with 9729 and Retry-After in seconds or, if so chosen, as an HTTP date.</summary>
    public static Fault Unavailable(TimeSpan? retryAfter = null, bool asDate = false) =>
        new AnswerFault(503, AppleErrors.TemporarilyUnavailable, retryAfter, asDate);

    /// <summary>500 with 9603.</summary>
    public static Fault InternalError(TimeSpan? retryAfter = null) =>
        new AnswerFault(500, AppleErrors.InternalError, retryAfter);

    /// <summary>200, and an error for a body.</summary>
    public static Fault ErrorInside200(int errorNumber) => new AnswerFault(200, errorNumber, null);

    /// <summary>An error with the status that Apple documents for it.</summary>
    public static Fault Error(int errorNumber) => new AnswerFault(AppleErrors.StatusOf(errorNumber), errorNumber, null);

    /// <summary>A web page with this status, as a proxy sends it.</summary>
    public static Fault WebPage(int status) => new WebPageFault(status);

    /// <summary>200, and not the complete answer that Apple documents.</summary>
    public static Fault Malformed(Malformation malformation) => new MalformedFault(malformation);

    /// <summary>A complete and valid, but wrong answer: it has no records.</summary>
    public static Fault NoRecords() => new NoRecordsFault();

    /// <summary>An empty page that leads to the next one, as the right page does.</summary>
    public static Fault EmptyPage() => new NoRecordsFault(IsLast: false);

    /// <summary>The connection breaks off without an answer.</summary>
    public static Fault Abort() => new AbortFault();

    /// <summary>The right answer, late.</summary>
    public static Fault Slow(TimeSpan delay) => new SlowFault(delay);

    /// <summary>The right answer, and a change just after it: a record appears on a page that was read already.</summary>
    public static Fault ThenChange(Action change) => new ChangeFault(change);
}

internal sealed record AnswerFault(int Status, int ErrorNumber, TimeSpan? RetryAfter, bool AsDate = false) : Fault;

internal sealed record WebPageFault(int Status) : Fault;

internal sealed record MalformedFault(Malformation Malformation) : Fault;

internal sealed record NoRecordsFault(bool IsLast = true) : Fault;

internal sealed record AbortFault : Fault;

internal sealed record SlowFault(TimeSpan Delay) : Fault;

internal sealed record ChangeFault(Action Change) : Fault;
