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

    /// <summary>Null for the list of records.</summary>
    NullList,

    /// <summary>An object for the list of records.</summary>
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

    /// <summary>Null for a record.</summary>
    NullRow,

    /// <summary>The <c>uId</c> of another location.</summary>
    ForeignUId,

    /// <summary>No <c>uId</c>.</summary>
    NoUId,

    /// <summary>Another page than the one that was requested.</summary>
    WrongPageIndex,

    /// <summary>A next page that is not the one after this page.</summary>
    SkippedPage,

    /// <summary>No next page although <c>totalPages</c> says that there is one.</summary>
    EarlyEnd,
}
