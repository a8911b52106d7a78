using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>How many requests a read takes, as far as that can be known before it. Pure.</summary>
internal static class PageCounts
{
    /// <summary>The least that a page of Apple's holds ("several hundred"); pages are not counted on to be larger.</summary>
    public const int RecordsPerPage = 500;

    /// <summary>One of changed users, and one for what else has changed since the version.</summary>
    public const long OfChangedUsers = 2;

    /// <summary>The assumed pages of one asset's assignments, or of all users, if their number is unknown.</summary>
    public const long Unknown = 8;

    private const long Never = int.MaxValue;

    public static long Of(RefetchRead read, PlanStatistics known) =>
        read switch
        {
            UsersRead { SinceVersionId: not null } => OfChangedUsers,
            UsersRead => Pages(Total(known, RecordKind.User) ?? (Unknown * RecordsPerPage)),
            AllAssignmentsRead => OfAll(known, RecordKind.Assignment, known.AssignedCounts),
            AllSubscriptionAssignmentsRead => OfAll(known, RecordKind.SubscriptionAssignment, known.SeatCounts),
            WholeRead whole => Total(known, whole.Kind) is { } records ? Pages(records) : Never,
            AssignmentsRead { Holder: null } all => OfAsset(
                RecordKeys.Asset(all.AdamId, all.PricingParam),
                known.AssignedCounts
            ),
            SubscriptionAssignmentsRead { ClientUserId: null } all => Pages(
                known.SeatCounts.GetValueOrDefault(all.AdamId)
            ),
            _ => 1,
        };

    public static long Pages(long records) => Math.Max(1, (records + RecordsPerPage - 1) / RecordsPerPage);

    /// <summary>They were counted a while ago: there are at least as many as their assets say now.</summary>
    private static long OfAll(PlanStatistics known, RecordKind kind, IReadOnlyDictionary<string, long> counts) =>
        Total(known, kind) is { } records ? Pages(Math.Max(records, counts.Values.Sum())) : Never;

    private static long OfAsset(string key, IReadOnlyDictionary<string, long> assigned) =>
        assigned.TryGetValue(key, out var count) ? Pages(count) : Unknown;

    private static long? Total(PlanStatistics known, RecordKind kind) =>
        known.Totals.TryGetValue(kind, out var total) ? total : null;
}
