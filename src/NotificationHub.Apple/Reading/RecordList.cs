namespace NotificationHub.Apple;

/// <summary>
/// All records of a query, read while they are enumerated. Each enumeration reads them again; do not run two of them at
/// the same time. Up to five pages are read ahead in parallel where Apple allows it, so memory does not grow with the
/// number of records. An invalid page, cursor or <c>sinceVersionId</c> restarts the read, and a 429 delays it.
/// <para>
/// Records can change during the read. A change of Apple's version makes the list go back until a page overlaps with what
/// was read. As long as Apple keeps the order of the records, which it does not document, no record that is there
/// throughout is left out, and none is returned twice.
/// </para>
/// </summary>
public sealed class RecordList<T> : IAsyncEnumerable<T>
    where T : class
{
    private readonly Func<RecordList<T>, CancellationToken, IAsyncEnumerable<T>> read;

    internal RecordList(Func<RecordList<T>, CancellationToken, IAsyncEnumerable<T>> read) => this.read = read;

    /// <summary>
    /// The version of the first page; null until the enumeration has ended, or if Apple sent none. Pass it as
    /// <c>sinceVersionId</c> to the next read, which then also returns what changed during this one.
    /// </summary>
    public string? VersionId { get; private set; }

    /// <summary>Whether the enumeration has ended, so that the set is complete.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the records changed so fast that some may be missing; read them again later.</summary>
    public bool MayBeIncomplete { get; internal set; }

    /// <summary>Whether Apple no longer knew the <c>sinceVersionId</c>, so that all records are returned instead of the changed ones.</summary>
    public bool IsSinceVersionUnknown { get; internal set; }

    /// <summary>Starts to read. Throws <see cref="AppleException"/> if Apple does not respond or returns an error.</summary>
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        VersionId = null;
        IsComplete = false;
        MayBeIncomplete = false;
        IsSinceVersionUnknown = false;
        return read(this, cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    internal void Complete(string? versionId)
    {
        VersionId = versionId;
        IsComplete = true;
    }
}
