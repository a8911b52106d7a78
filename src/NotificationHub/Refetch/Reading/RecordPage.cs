using NotificationHub.Apple;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

/// <summary>A page of Apple's, as records of the snapshot.</summary>
internal sealed record RecordPage
{
    public required IReadOnlyList<SnapshotRecord> Records { get; init; }

    /// <summary>
    /// On the last page, the <c>clientUserId</c>s of users with retired records only. Such a user may still have an active record: an
    /// incremental read returns it only if it has changed.
    /// </summary>
    public IReadOnlyList<string> RetiredOnly { get; init; } = [];

    /// <summary>The number of records that were skipped because they have no storable identity.</summary>
    public int Skipped { get; init; }

    public bool IsEmpty => Records.Count + Skipped == 0;

    /// <summary>The version of the walk's first page.</summary>
    public string? VersionId { get; init; }

    /// <summary>Records changed during the walk: what it did not return may be there all the same.</summary>
    public required bool VersionMoved { get; init; }

    public required bool IsLast { get; init; }

    /// <summary>Where the walk goes on; null after the last page.</summary>
    public PageMark? Next { get; init; }

    public int? TotalPages { get; init; }

    public MdmInfo? MdmInfo { get; init; }

    public DateTimeOffset? TokenExpirationDate { get; init; }

    /// <summary>An answer that there is nothing.</summary>
    public static RecordPage Nothing { get; } =
        new()
        {
            Records = [],
            VersionMoved = false,
            IsLast = true,
        };

    public static RecordPage Of<T>(Page<T> page, IReadOnlyList<SnapshotRecord?> records) =>
        new()
        {
            Records = [.. records.OfType<SnapshotRecord>()],
            Skipped = records.Count(record => record is null),
            VersionId = page.VersionId,
            VersionMoved = page.VersionMoved,
            IsLast = page.IsLast,
            Next = page.Next,
            TotalPages = page.TotalPages,
            MdmInfo = page.MdmInfo,
            TokenExpirationDate = page.TokenExpirationDate,
        };
}
