namespace NotificationHub.Apple;

/// <summary>
/// One page of a paged read. A page can be empty without being the last; the read ends with the enumeration.
/// Apple: Using Paginated Endpoints.
/// </summary>
public sealed record Page<T>
{
    /// <summary>The records of this page.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Index of this page in the read, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Apple's current number of pages, which may change during the read; null for pages with a cursor.</summary>
    public int? TotalPages { get; init; }

    /// <summary>
    /// The version of the <em>first</em> page. After a complete read, pass it as <c>sinceVersionId</c>: the next read then
    /// returns what changed during this one.
    /// </summary>
    public string? VersionId { get; init; }

    /// <summary>Whether the version differs from the first page's: records changed during the read. Not an error.</summary>
    public bool VersionMoved { get; init; }

    /// <summary>Whether this is the last page; only then is the set complete.</summary>
    public bool IsLast { get; init; }

    /// <summary>Where another call can resume the read; null for the last page.</summary>
    public PageMark? Next { get; init; }

    /// <summary>Apple's ID of the location.</summary>
    public string? UId { get; init; }

    /// <summary>The MDM that owns the location; null if none is set, and on subscription reads.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>When the content token expires, if Apple says so.</summary>
    public DateTimeOffset? TokenExpirationDate { get; init; }
}

/// <summary>
/// Where a paged read continues. Store it to resume the read after a restart, with <see cref="PageQuery.From"/> of the
/// same query. Earlier pages may have shifted meanwhile, which <see cref="Page{T}.VersionMoved"/> shows.
/// </summary>
/// <param name="PageToken">The next page's index or cursor, opaque.</param>
/// <param name="FirstVersionId">The version of the first page, if Apple sent one.</param>
public sealed record PageMark(string PageToken, string? FirstVersionId);

/// <summary>Common members of the queries of paged reads.</summary>
public abstract record PageQuery
{
    /// <summary>Where an earlier read of the same query continues; null starts at the first page.</summary>
    public PageMark? From { get; init; }
}
