namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>A fault that affects one request.</summary>
internal abstract record Fault
{
    /// <summary>429 with 9646.</summary>
    public static Fault TooManyRequests(TimeSpan? retryAfter = null) =>
        new ErrorFault(429, AppleErrors.TooManyRequests, retryAfter);

    /// <summary>503 with 9729 and a Retry-After in seconds or as an HTTP date.</summary>
    public static Fault Unavailable(TimeSpan? retryAfter = null, bool asDate = false) =>
        new ErrorFault(503, AppleErrors.TemporarilyUnavailable, retryAfter, asDate);

    /// <summary>500 with 9603.</summary>
    public static Fault InternalError(TimeSpan? retryAfter = null) =>
        new ErrorFault(500, AppleErrors.InternalError, retryAfter);

    /// <summary>200 with an error as the body.</summary>
    public static Fault ErrorInside200(int errorNumber) => new ErrorFault(200, errorNumber, null);

    /// <summary>An error with its documented status.</summary>
    public static Fault Error(int errorNumber, TimeSpan? retryAfter = null) =>
        new ErrorFault(AppleErrors.StatusOf(errorNumber), errorNumber, retryAfter);

    /// <summary>The write is accepted, and tasks of its event fail. Has no effect on other requests.</summary>
    /// <param name="tasks">How many tasks fail, the first ones; all by default.</param>
    public static Fault EventError(int errorNumber, int tasks = int.MaxValue) => new EventFault(errorNumber, tasks);

    /// <summary>An HTML page with this status, as a proxy sends it.</summary>
    public static Fault WebPage(int status) => new WebPageFault(status);

    /// <summary>200 with an incomplete or invalid response.</summary>
    public static Fault Malformed(Malformation malformation) => new MalformedFault(malformation);

    /// <summary>A valid but wrong response without records.</summary>
    public static Fault NoRecords() => new NoRecordsFault();

    /// <summary>An empty page that links to the next page.</summary>
    public static Fault EmptyPage() => new NoRecordsFault(IsLast: false);

    /// <summary>The connection is aborted without a response, and the request has no effect.</summary>
    public static Fault Abort() => new AbortFault();

    /// <summary>The request has its effect, but the connection is aborted without a response.</summary>
    public static Fault LoseResponse() => new LostResponseFault();

    /// <summary>The request has its effect, but the connection is aborted in the middle of the response.</summary>
    public static Fault CutOff() => new CutOffFault();

    /// <summary>A correct response, delayed.</summary>
    public static Fault Slow(TimeSpan delay) => new SlowFault(delay);

    /// <summary>A correct response, followed by a change: a record appears on a page that was already read.</summary>
    public static Fault ThenChange(Action change) => new ChangeFault(change);
}

internal sealed record ErrorFault(int Status, int ErrorNumber, TimeSpan? RetryAfter, bool AsDate = false) : Fault;

internal sealed record EventFault(int ErrorNumber, int Tasks) : Fault;

internal sealed record WebPageFault(int Status) : Fault;

internal sealed record MalformedFault(Malformation Malformation) : Fault;

internal sealed record NoRecordsFault(bool IsLast = true) : Fault;

internal sealed record AbortFault : Fault;

internal sealed record LostResponseFault : Fault;

internal sealed record CutOffFault : Fault;

internal sealed record SlowFault(TimeSpan Delay) : Fault;

internal sealed record ChangeFault(Action Change) : Fault;
