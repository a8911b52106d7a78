using System.Data.Common;
using System.Globalization;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>The progress of a full sync of one kind, or the result of the last one.</summary>
internal sealed record FullSyncProgress
{
    public required string Kind { get; init; }

    /// <summary><c>import</c>, <c>reconcile</c>, or <c>restore</c> while all records are restated after a restore.</summary>
    public required string Purpose { get; init; }

    public required string Phase { get; init; }

    /// <summary>The records read so far; before a full sync begins, by the last one.</summary>
    public required long Records { get; init; }

    public required long Pages { get; init; }

    /// <summary>The number of pages that Apple states.</summary>
    public long? TotalPages { get; init; }

    public required long Drifts { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When Apple last refused the kind; null after Apple has returned it.</summary>
    public DateTimeOffset? RefusedAt { get; init; }

    public string? Error { get; init; }

    public static FullSyncProgress From(FullSyncState fullSync) =>
        new()
        {
            Kind = fullSync.KindName,
            Purpose = fullSync is { RestateFrom: not null, IsImport: false } ? RecordChanges.Restore : fullSync.Purpose,
            Phase = fullSync.Phase,
            Records = fullSync.Records,
            Pages = fullSync.Pages,
            TotalPages = fullSync.TotalPages,
            Drifts = fullSync.Drifts,
            StartedAt = fullSync.StartedAt,
            FinishedAt = fullSync.FinishedAt,
            NextAt = fullSync.DueAt,
            RefusedAt = fullSync.RefusedAt,
            Error = fullSync.LastError,
        };
}

/// <param name="Import">A short text for tables, such as <c>done</c>.</param>
internal sealed record LocationProgress(string Import, IReadOnlyList<FullSyncProgress> FullSyncs)
{
    /// <returns>The progress by location; none before its import begins.</returns>
    public static async Task<IReadOnlyDictionary<string, LocationProgress>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        (await FullSyncStore.ReadAsync(connection, locationIds))
            .GroupBy(fullSync => fullSync.LocationId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => From([.. group]), StringComparer.Ordinal);

    public static LocationProgress From(IReadOnlyList<FullSyncState> fullSyncs) =>
        new(Describe(fullSyncs), [.. fullSyncs.Select(FullSyncProgress.From)]);

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
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{done} of {fullSyncs.Count}; {current.KindName}: {pages}{error}"
        );
    }
}
