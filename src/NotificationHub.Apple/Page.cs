namespace NotificationHub.Apple;

/// <summary>
/// One page of a walk over records. A page may be empty without being the last; the walk ends when the enumeration ends.
/// Apple: Using Paginated Endpoints.
/// </summary>
public sealed record Page<T>
{
    /// <summary>The records of this page.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>Place of this page in the walk, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>How many pages Apple thinks there are, which may change on the way; null where pages follow a cursor.</summary>
    public int? TotalPages { get; init; }

    /// <summary>
    /// The version of the walk's <em>first</em> page. After a complete walk it is the one to give as <c>sinceVersionId</c>: the next
    /// read then returns what changed while this one was under way.
    /// </summary>
    public string? VersionId { get; init; }

    /// <summary>True where this page carries another version than the first one: records changed during the walk. Not an error.</summary>
    public bool VersionMoved { get; init; }

    /// <summary>True for the last page of the walk: only then is the set complete.</summary>
    public bool IsLast { get; init; }

    /// <summary>Where the walk goes on, for a walk that is resumed by another call; null for the last page.</summary>
    public PageMark? Next { get; init; }

    /// <summary>Apple's id of the location.</summary>
    public string? UId { get; init; }

    /// <summary>The MDM that owns the location; null where none is set, and on subscription reads.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>When the content token ends, where Apple says so.</summary>
    public DateTimeOffset? TokenExpirationDate { get; init; }
}

/// <summary>
/// Where a walk over pages goes on: kept, it lets a walk be resumed after a restart, by <see cref="PageQuery.From"/> of the same
/// query. Pages that were read before may have shifted meanwhile: <see cref="Page{T}.VersionMoved"/> shows it.
/// </summary>
/// <param name="Place">The next page's index or cursor, opaque.</param>
/// <param name="FirstVersionId">The version of the walk's first page, where Apple gave one.</param>
public sealed record PageMark(string Place, string? FirstVersionId);

/// <summary>What the queries of all paged reads have in common.</summary>
public abstract record PageQuery
{
    /// <summary>Where an earlier walk of the same query is to go on; null begins at the first page.</summary>
    public PageMark? From { get; init; }
}
