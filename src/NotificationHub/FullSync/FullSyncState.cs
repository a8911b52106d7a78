using System.Data.Common;
using NotificationHub.Apple;
using NotificationHub.Refetch.Planning;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>The progress of an import or a reconciliation of one kind of records. A row of <c>full_sync</c>.</summary>
internal sealed record FullSyncState
{
    public required string LocationId { get; init; }

    public required string KindName { get; init; }

    public required string Purpose { get; init; }

    public required string Phase { get; init; }

    /// <summary>The time of the next request; null while earlier kinds are imported, and if none is scheduled.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The slot owner that read the last page. After a pause, records may have moved between pages.</summary>
    public string? Owner { get; init; }

    /// <summary>The next page, or the key after which records are verified or recounted.</summary>
    public string? PageToken { get; init; }

    public string? FirstVersion { get; init; }

    /// <summary>The version after which changed users are read; null for all users, and for other kinds.</summary>
    public string? SinceVersion { get; init; }

    /// <summary>The read number of the first page. Stored records with a lower number were not returned.</summary>
    public long? StartNumber { get; init; }

    /// <summary>Whether no record has moved so far: a record that was not returned is gone.</summary>
    public bool IsUndisturbed { get; init; } = true;

    public long Restarts { get; init; }

    public long Pages { get; init; }

    public long? TotalPages { get; init; }

    public long Records { get; init; }

    public long Drifts { get; init; }

    public long Attempts { get; init; }

    public string? LastError { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? ImportedAt { get; init; }

    public long? KnownRecords { get; init; }

    /// <summary>After a restore, the lowest revision of restated records of the kind; null if no restatement is pending.</summary>
    public long? RestateFrom { get; init; }

    public DateTimeOffset? CompleteAt { get; init; }

    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>The first read number of the last, unconfirmed read with a mass removal.</summary>
    public long? DoubtedNumber { get; init; }

    public DateTimeOffset? DoubtedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public RemovalDoubt? Doubt => RemovalDoubt.Create(DoubtedNumber, DoubtedAt);

    /// <summary>Whether it has begun and not ended, even if it started over.</summary>
    public bool IsUnderWay => StartedAt is { } started && (FinishedAt is null || FinishedAt < started);

    public RecordKind Kind => RecordKind.FromName(KindName);

    /// <summary>Whether the restatement of the location waits for this kind.</summary>
    public bool IsRestatementPending => RestateFrom is not null && RefusedAt is null;

    /// <summary>Whether the import of the location waits for this kind.</summary>
    public bool IsImportPending => ImportedAt is null && RefusedAt is null;

    public bool IsImport => Purpose == FullSyncPurposes.Import;

    public string Cause =>
        RestateFrom is not null ? RecordChanges.Restore
        : IsImport ? RecordChanges.Baseline
        : RecordChanges.Reconcile;

    public PageMark? From => PageToken is null ? null : new PageMark(PageToken, FirstVersion);

    /// <summary>Whether the next step is a page.</summary>
    public bool IsReading => Phase is FullSyncPhases.Waiting or FullSyncPhases.Reading;

    /// <summary>Whether all records are read, not only changes.</summary>
    public bool IsWhole => SinceVersion is null;

    public RefetchRead Read => IsWhole ? RefetchRead.CreateFull(Kind) : new UsersRead(SinceVersion);

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

internal static class FullSyncPurposes
{
    public const string Import = "import";
    public const string Reconcile = "reconcile";
}

internal static class FullSyncPhases
{
    public const string Waiting = "waiting";

    public const string Reading = "reading";

    /// <summary>Removes the records that the pages did not return, unless the read was disturbed.</summary>
    public const string Removing = "removing";

    /// <summary>Reads records one by one: unseen ones, or users for whom only retired records were returned.</summary>
    public const string Verifying = "verifying";

    /// <summary>Reads the assignments of assets and subscriptions whose count differs.</summary>
    public const string Recounting = "recounting";
}

internal sealed class FullSyncProgress(FullSyncState fullSync)
{
    public string Kind => fullSync.KindName;

    /// <summary><c>import</c>, <c>reconcile</c>, or <c>restore</c> while all records are restated after a restore.</summary>
    public string Purpose =>
        fullSync is { RestateFrom: not null, IsImport: false } ? RecordChanges.Restore : fullSync.Purpose;

    public string Phase => fullSync.Phase;

    /// <summary>The records read so far; before a full sync begins, by the last one.</summary>
    public long Records => fullSync.Records;

    public long Pages => fullSync.Pages;

    public long? TotalPages => fullSync.TotalPages;

    public long Drifts => fullSync.Drifts;

    public DateTimeOffset? StartedAt => fullSync.StartedAt;

    public DateTimeOffset? FinishedAt => fullSync.FinishedAt;

    public DateTimeOffset? NextAt => fullSync.DueAt;

    public DateTimeOffset? RefusedAt => fullSync.RefusedAt;

    public string? Error => fullSync.LastError;
}

/// <param name="Import">A short text for tables, such as <c>done</c>.</param>
internal sealed record LocationProgress(string Import, IReadOnlyList<FullSyncProgress> FullSyncs)
{
    public static async Task<IReadOnlyDictionary<string, LocationProgress>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        (await FullSyncStore.ReadAsync(connection, locationIds))
            .GroupBy(fullSync => fullSync.LocationId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => From([.. group]), StringComparer.Ordinal);

    public static LocationProgress From(IReadOnlyList<FullSyncState> fullSyncs) =>
        new(Describe(fullSyncs), [.. fullSyncs.Select(fullSync => new FullSyncProgress(fullSync))]);

    private static string Describe(IReadOnlyList<FullSyncState> fullSyncs)
    {
        var done = fullSyncs.Count(fullSync => fullSync.ImportedAt is not null);
        if (fullSyncs.FirstOrDefault(fullSync => fullSync.IsImportPending) is not { } current)
        {
            string[] refused =
            [
                .. fullSyncs.Where(fullSync => fullSync.ImportedAt is null).Select(fullSync => fullSync.KindName),
            ];
            return refused.Length == 0 ? "done" : $"done; not available: {string.Join(", ", refused)}";
        }

        var pages = current.TotalPages is { } total
            ? $"{current.Pages} of {total} pages"
            : $"{current.Records} records";
        var error = current.LastError is null ? "" : $", error: {current.LastError}";
        return $"{done} of {fullSyncs.Count}; {current.KindName}: {pages}{error}";
    }
}
