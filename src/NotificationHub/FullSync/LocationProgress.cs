using System.Data.Common;
using System.Globalization;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>How far the reading of a kind of records is, or how the last one ended.</summary>
internal sealed record FullSyncProgress
{
    /// <summary><c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignment</c>.</summary>
    public required string Resource { get; init; }

    /// <summary><c>import</c>, <c>reconcile</c>, or <c>restore</c> while all records are restated after a restore.</summary>
    public required string Purpose { get; init; }

    /// <summary><c>waiting</c>, <c>walking</c>, <c>settling</c>, <c>verifying</c> or <c>counting</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Read so far; of one that waits: by the last one.</summary>
    public required long Records { get; init; }

    public required long Pages { get; init; }

    /// <summary>How many pages Apple thinks there are, where it says so.</summary>
    public long? TotalPages { get; init; }

    /// <summary>How many records were found to be different.</summary>
    public required long Drifts { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the last one ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it goes on, or the next one begins.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When Apple last refused the kind; null after Apple has returned it.</summary>
    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>Why it did not go on the last time.</summary>
    public string? Fault { get; init; }

    public static FullSyncProgress Of(FullSyncState fullSync) =>
        new()
        {
            Resource = fullSync.Resource,
            Purpose = fullSync is { RestateFrom: not null, IsImport: false } ? RecordChanges.Restore : fullSync.Purpose,
            Phase = fullSync.Phase,
            Records = fullSync.Records,
            Pages = fullSync.Pages,
            TotalPages = fullSync.TotalPages,
            Drifts = fullSync.Drifts,
            StartedAt = TimeOf(fullSync.StartedAt),
            FinishedAt = TimeOf(fullSync.FinishedAt),
            NextAt = TimeOf(fullSync.DueAt),
            RefusedAt = TimeOf(fullSync.RefusedAt),
            Fault = fullSync.LastError,
        };

    private static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}

/// <summary>How far the reading of a whole location is: what <c>locations list</c>, <c>locations show</c> and the admin API show.</summary>
/// <param name="Import">In a word or two, for a table: <c>done</c>, or how much of it is.</param>
internal sealed record LocationProgress(string Import, IReadOnlyList<FullSyncProgress> FullSyncs)
{
    /// <returns>By location; one that has not begun is not there.</returns>
    public static async Task<IReadOnlyDictionary<string, LocationProgress>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        (await FullSyncStore.ReadAsync(connection, locationIds))
            .GroupBy(fullSync => fullSync.LocationId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => Of([.. group]), StringComparer.Ordinal);

    public static LocationProgress Of(IReadOnlyList<FullSyncState> fullSyncs) =>
        new(Describe(fullSyncs), [.. fullSyncs.Select(FullSyncProgress.Of)]);

    private static string Describe(IReadOnlyList<FullSyncState> fullSyncs)
    {
        var done = fullSyncs.Count(fullSync => fullSync.ImportedAt is not null);
        if (fullSyncs.FirstOrDefault(fullSync => fullSync.IsAwaited) is not { } current)
        {
            string[] refused =
            [
                .. fullSyncs.Where(fullSync => fullSync.ImportedAt is null).Select(fullSync => fullSync.Resource),
            ];
            return refused.Length == 0 ? "done" : $"done; not available: {string.Join(", ", refused)}";
        }

        var pages = current.TotalPages is { } total
            ? $"{current.Pages} of {total} pages"
            : $"{current.Records} records";
        var fault = current.LastError is null ? "" : $", held up: {current.LastError}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{done} of {fullSyncs.Count}; {current.Resource}: {pages}{fault}"
        );
    }
}
