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

    /// <summary>Apple's id of the location.</summary>
    public string? UId { get; init; }

    /// <summary>The MDM that owns the location; null where none is set, and on subscription reads.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>When the content token ends, where Apple says so.</summary>
    public DateTimeOffset? TokenExpirationDate { get; init; }
}
