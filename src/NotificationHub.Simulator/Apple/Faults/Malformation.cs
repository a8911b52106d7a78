namespace NotificationHub.Simulator.Apple.Faults;

/// <summary>A way in which a response with status 200 is not the complete answer that Apple documents.</summary>
internal enum Malformation
{
    /// <summary><c>{}</c>.</summary>
    Empty,

    /// <summary><c>{"status":"ok"}</c>.</summary>
    StatusOnly,

    /// <summary>The location's <c>uId</c> and nothing else.</summary>
    UIdOnly,

    /// <summary>All members but the list of records.</summary>
    NoList,

    /// <summary>Null instead of the list of records.</summary>
    NullList,

    /// <summary>An object instead of the list of records.</summary>
    ObjectForList,

    /// <summary>The list of records under the name of another endpoint.</summary>
    OtherList,

    /// <summary>An <c>errorMessage</c> and nothing else.</summary>
    ErrorMessage,

    /// <summary>An <c>errorMessage</c> with number 0 and nothing else.</summary>
    ErrorNumberZero,

    /// <summary>An <c>errorMessage</c> beside an empty list of records.</summary>
    ErrorBesideList,

    /// <summary>An object <c>error</c> beside the records.</summary>
    ErrorMember,

    /// <summary>A list <c>errors</c> beside the records.</summary>
    ErrorsMember,

    /// <summary><c>"status":"error"</c> beside the records.</summary>
    StatusError,

    /// <summary>A web page.</summary>
    Html,

    /// <summary>The first half of the answer.</summary>
    Truncated,

    /// <summary>A <c>size</c> that is not the number of records.</summary>
    WrongSize,

    /// <summary>Fewer records than <c>size</c> says.</summary>
    MissingRow,

    /// <summary>A record without the members that identify it.</summary>
    RowWithoutIdentity,

    /// <summary>Null instead of a record.</summary>
    NullRow,

    /// <summary>The <c>uId</c> of another location.</summary>
    ForeignUId,

    /// <summary>No <c>uId</c>.</summary>
    NoUId,

    /// <summary>A different page than the requested one.</summary>
    WrongPageIndex,

    /// <summary>A next page index that skips or repeats pages.</summary>
    SkippedPage,

    /// <summary>No next page, although <c>totalPages</c> requires one.</summary>
    EarlyEnd,
}
