using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

internal static class PageCounts
{
    // Apple's pages hold "several hundred" records.
    public const int RecordsPerPage = 500;

    /// <summary>One page of changed users, and one for other changes since the version.</summary>
    public const long ChangedUsers = 2;

    /// <summary>The assumed pages of one asset's assignments, or of all users, if their number is unknown.</summary>
    public const long Unknown = 8;

    private const long Never = int.MaxValue;

    public static long Estimate(RefetchRead read, PlanStatistics statistics)
    {
        return read switch
        {
            UsersRead { SinceVersionId: not null } => ChangedUsers,
            UsersRead => statistics.Totals.TryGetValue(RecordKind.User, out var users) ? Pages(users) : Unknown,
            // The total is from the last full sync, and may be lower than the current counts.
            FullRead full => statistics.Totals.TryGetValue(full.Kind, out var total)
                ? Pages(
                    Math.Max(total, statistics.AssignedCounts.Where(c => c.Key.Kind == full.Kind).Sum(c => c.Value))
                )
                : Never,
            AssignmentsRead { Holder: null } all => PagesOf(all.Kind, all.Asset, Unknown),
            SubscriptionAssignmentsRead { ClientUserId: null } all => PagesOf(all.Kind, all.AdamId, unknown: 1),
            _ => 1,
        };

        long PagesOf(RecordKind kind, string key, long unknown) =>
            statistics.AssignedCounts.TryGetValue((kind, key), out var count) ? Pages(count) : unknown;
    }

    public static long Pages(long records) => Math.Max(1, (records + RecordsPerPage - 1) / RecordsPerPage);
}
