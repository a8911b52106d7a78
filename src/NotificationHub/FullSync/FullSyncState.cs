using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>
/// The reading of all of a location's records of one kind, a page in a turn: once to import them, then on schedule to find what no
/// notification told of. A row of <c>full_sync</c>; times are Unix milliseconds.
/// </summary>
internal sealed record FullSyncState
{
    public required string LocationId { get; init; }

    /// <summary>The name of its <see cref="RecordKind"/>.</summary>
    public required string Resource { get; init; }

    /// <summary>One of <see cref="FullSyncPurposes"/>.</summary>
    public required string Purpose { get; init; }

    /// <summary>One of <see cref="FullSyncPhases"/>.</summary>
    public required string Phase { get; init; }

    /// <summary>When its next request may be sent; null while the kinds before it are imported, and where none is scheduled.</summary>
    public long? DueAt { get; init; }

    /// <summary>Who read the last page: pages may have shifted while nobody was there.</summary>
    public string? Owner { get; init; }

    /// <summary>Where it goes on: the next page, or the key behind which records are verified or counted.</summary>
    public string? PageToken { get; init; }

    /// <summary>The version of the first page.</summary>
    public string? FirstVersion { get; init; }

    /// <summary>Of users: only what changed since is read.</summary>
    public string? SinceVersion { get; init; }

    /// <summary>The number of the first page: what is kept under a lower one was not seen.</summary>
    public long? StartNumber { get; init; }

    /// <summary>Whether no record has moved so far, so that a record that was not returned is gone.</summary>
    public bool IsUndisturbed { get; init; } = true;

    /// <summary>How often the read was restarted because records moved.</summary>
    public long Restarts { get; init; }

    public long Pages { get; init; }

    /// <summary>How many pages Apple thinks there are, where it says so.</summary>
    public long? TotalPages { get; init; }

    /// <summary>Records returned so far.</summary>
    public long Records { get; init; }

    /// <summary>Of the present full sync, or of the last one: how many records were found to be different.</summary>
    public long Drifts { get; init; }

    /// <summary>Failed requests in a row.</summary>
    public long Attempts { get; init; }

    public string? LastError { get; init; }

    public long? StartedAt { get; init; }

    /// <summary>When the last one ended.</summary>
    public long? FinishedAt { get; init; }

    public long? ImportedAt { get; init; }

    /// <summary>How many records there were when the last one ended.</summary>
    public long? KnownRecords { get; init; }

    /// <summary>After a restore, the lowest revision of restated records of the kind; null if no restatement is pending.</summary>
    public long? RestateFrom { get; init; }

    /// <summary>When a read of all records last ended; incremental reads do not count.</summary>
    public long? CompleteAt { get; init; }

    /// <summary>When Apple last refused the kind; null after Apple has returned it.</summary>
    public long? RefusedAt { get; init; }

    /// <summary>The number of the first page of the last, unconfirmed read with a mass removal.</summary>
    public long? DoubtedNumber { get; init; }

    /// <summary>When that read ended.</summary>
    public long? DoubtedAt { get; init; }

    public required long CreatedAt { get; init; }

    public RemovalDoubt? Doubt => RemovalDoubt.Of(DoubtedNumber, DoubtedAt);

    /// <summary>It has begun and not ended, whatever made it start over.</summary>
    public bool IsUnderWay => StartedAt is { } started && (FinishedAt is null || FinishedAt < started);

    public RecordKind Kind => RecordKind.FromName(Resource);

    /// <summary>Neither restated nor refused since the restore: the restatement of the location waits for it.</summary>
    public bool IsRestatementPending => RestateFrom is not null && RefusedAt is null;

    /// <summary>Neither imported nor refused: the import waits for it.</summary>
    public bool IsAwaited => ImportedAt is null && RefusedAt is null;

    public bool IsImport => Purpose == FullSyncPurposes.Import;

    public string Cause =>
        RestateFrom is not null ? RecordChanges.Restore
        : IsImport ? RecordChanges.Baseline
        : RecordChanges.Reconcile;

    public PageMark? From => PageToken is null ? null : new PageMark(PageToken, FirstVersion);

    /// <summary>It shows everything there is, and not only what changed since.</summary>
    public bool IsWhole => SinceVersion is null;

    public RefetchRead Read => IsWhole ? RefetchRead.CreateFull(Kind) : new UsersRead(SinceVersion);

    /// <summary>From the first page on, whatever was read already.</summary>
    public FullSyncState StartOver() =>
        this with
        {
            Phase = FullSyncPhases.Waiting,
            PageToken = null,
            FirstVersion = null,
            SinceVersion = null,
            StartNumber = null,
            IsUndisturbed = true,
            Pages = 0,
            TotalPages = null,
            Records = 0,
        };
}

/// <summary>What a full sync is for.</summary>
internal static class FullSyncPurposes
{
    public const string Import = "import";
    public const string Reconcile = "reconcile";
}

/// <summary>What a full sync does next.</summary>
internal static class FullSyncPhases
{
    /// <summary>It begins.</summary>
    public const string Waiting = "waiting";

    /// <summary>It reads its next page.</summary>
    public const string Walking = "walking";

    /// <summary>All pages are read: what they did not return is gone, or to be walked or verified again.</summary>
    public const string Settling = "settling";

    /// <summary>
    /// Reads records individually. After a disturbed read, the records that it did not return; after an incremental read, users for whom only
    /// retired records were returned.
    /// </summary>
    public const string Verifying = "verifying";

    /// <summary>After that: what is said to have more holders than are known, or fewer, is walked by itself.</summary>
    public const string Counting = "counting";
}
