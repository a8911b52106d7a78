using NotificationHub.Apple;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Reading;

internal sealed record RecordPage
{
    public required IReadOnlyList<SnapshotRecord> Records { get; init; }

    /// <summary>On the last page: the <c>clientUserId</c>s of users for whom only retired records were returned.</summary>
    // Such a user may have an active record, which an incremental read returns only if it has changed.
    public IReadOnlyList<string> RetiredOnly { get; init; } = [];

    public int Skipped { get; init; }

    public bool IsEmpty => Records.Count + Skipped == 0;

    public string? VersionId { get; init; }

    /// <summary>Whether records changed during the read, so that it may have missed some.</summary>
    public required bool VersionMoved { get; init; }

    public required bool IsLast { get; init; }

    public PageMark? Next { get; init; }

    public int? TotalPages { get; init; }

    public MdmInfo? MdmInfo { get; init; }

    public DateTimeOffset? TokenExpirationDate { get; init; }

    public static RecordPage Empty { get; } =
        new()
        {
            Records = [],
            VersionMoved = false,
            IsLast = true,
        };

    public static RecordPage From<T>(Page<T> page, IReadOnlyList<SnapshotRecord?> records) =>
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
