using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>How far a walk has come.</summary>
internal sealed class ReadState(
    ReadContext context,
    RefetchStep step,
    ILookup<string, MergedRequest> held,
    RefetchMetrics metrics
)
{
    public ReadContext Context => context;

    /// <summary>By a user who may be retired, what is to be read again then.</summary>
    public ILookup<string, MergedRequest> Held => held;

    public RefetchStep Step => step;

    public RefetchRead Read => step.Read;

    /// <summary>The targets that the read has not yet updated.</summary>
    public Queue<ClaimedTarget[]> Targets { get; } = new(step.Targets.Chunk(SnapshotStore.ChunkSize));

    /// <summary>The number of the first page: what is kept under a lower one was not seen.</summary>
    public long Start { get; private set; }

    /// <summary>The number of the page at hand.</summary>
    public long Number { get; private set; }

    /// <summary>Nothing moved so far.</summary>
    public bool Clean { get; private set; } = true;

    public string? FirstVersion { get; private set; }

    public bool IsSettled { get; private set; }

    /// <summary>The removals that a second read must confirm.</summary>
    public RemovalAssessment? Doubted { get; set; }

    /// <summary>
    /// Where records moved it shows nothing of what is gone, and must be walked again. Not so for users: what moves is in the next read since the
    /// first page's version, and the reconciliation finds what is gone.
    /// </summary>
    public bool IsWaiting(bool clean) => !clean && Read.Scope.Count > 0 && Read is not UsersRead;

    public void Begin(long number)
    {
        Start = Start == 0 ? number : Start;
        Number = number;
    }

    public void Open(RecordPage page)
    {
        Clean &= !page.VersionMoved;
        FirstVersion ??= page.VersionId;
    }

    /// <summary>Takes off what a transaction has done, once it is committed: until then the lane may run it again.</summary>
    public void Record(ReadProgress progress)
    {
        Clean &= progress.Clean;
        IsSettled |= progress.IsSettled;
        if (progress.Completed is { } completed)
        {
            Targets.Dequeue();
            metrics.CountCoalesced(completed.Sum(target => target.Requested - target.Fetched - 1));
        }
    }
}

/// <summary>How a walk ended.</summary>
/// <param name="IsSettled">False if the targets must be read again later.</param>
/// <param name="Doubted">The removals that a second read must confirm.</param>
internal sealed record ReadOutcome(bool IsSettled, RemovalAssessment? Doubted = null);

/// <summary>What one transaction of a walk did.</summary>
/// <param name="Clean">Nothing moved so far.</param>
internal sealed record ReadProgress(bool Clean)
{
    /// <summary>The walk has shown all that it was for; at most its targets are left to be noted.</summary>
    public bool IsSettled { get; init; }

    /// <summary>The completed targets of the first chunk; null if the chunk is not progress.</summary>
    public IReadOnlyCollection<ClaimedTarget>? Completed { get; init; }

    public bool IsLast { get; init; }
}
