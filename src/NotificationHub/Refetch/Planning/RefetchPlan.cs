using System.Data.Common;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>Finds the reads that satisfy a location's due targets with the fewest requests. Pure.</summary>
internal static class RefetchPlan
{
    private delegate IReadOnlyList<RefetchStep> Rule(IReadOnlyList<StoredTarget> targets, PlanStatistics statistics);

    /// <summary>The reads that satisfy the targets of a kind; the alternative to each of them is a read of all records.</summary>
    private static readonly Dictionary<RecordKind, Rule> Rules = new()
    {
        [RecordKind.Asset] = Each(key => new AssetRead(key)),
        [RecordKind.Assignment] = AssignmentsPlan.Create,
        [RecordKind.User] = Each(key => new UserRead(key)),
        [RecordKind.Subscription] = Each(key => new SubscriptionRead(key)),
        [RecordKind.SubscriptionAssignment] = Each(key => new SubscriptionAssignmentsRead(key)),
    };

    /// <param name="targets">The due targets of one location, in the order in which they became due.</param>
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<StoredTarget> targets, PlanStatistics statistics)
    {
        // Compared by reference, because each target is looked up for many reads.
        Dictionary<StoredTarget, int> order = new(ReferenceEqualityComparer.Instance);
        foreach (var (index, target) in targets.Index())
        {
            order[target] = index;
        }

        return
        [
            .. targets
                .GroupBy(target => target.Kind)
                .SelectMany(group => CreateSteps(group.Key, [.. group], statistics))
                .OrderBy(step => step.Targets.Min(target => order[target])),
        ];
    }

    private static IReadOnlyList<RefetchStep> CreateSteps(
        RecordKind kind,
        IReadOnlyList<StoredTarget> targets,
        PlanStatistics statistics
    )
    {
        if (!Rules.TryGetValue(kind, out var rule))
        {
            return [new RefetchStep(new InvalidRead(kind), targets)];
        }

        var separate = rule(targets, statistics);
        RefetchRead all =
            kind == RecordKind.User
                ? new UsersRead(statistics.UsersVersion)
                : new FullRead(kind) { Requested = [.. targets.Select(ScopeOf)] };
        // If both take as many requests, the separate reads return fewer records.
        return PageCounts.Estimate(all, statistics) < separate.Sum(step => PageCounts.Estimate(step.Read, statistics))
            ? [new RefetchStep(all, targets)]
            : separate;
    }

    private static Rule Each(Func<string, RefetchRead> read) =>
        (targets, _) => [.. targets.Select(target => new RefetchStep(read(target.Key), [target]))];

    private static KeyRange ScopeOf(StoredTarget target) =>
        target.Kind.CountedBy is null ? new KeyRange(target.Key) : KeyRange.Under(target.Key);
}

/// <summary>One read, with the targets that need it; none for a read that is part of another one.</summary>
internal sealed record RefetchStep(RefetchRead Read, IReadOnlyList<StoredTarget> Targets)
{
    /// <summary>The named holders of each target that are still unread after this read. A target without any is complete.</summary>
    public IReadOnlyDictionary<StoredTarget, IReadOnlyList<string>> UnreadHolders { get; init; } =
        new Dictionary<StoredTarget, IReadOnlyList<string>>();

    public IEnumerable<StoredTarget> CompletedTargets => Targets.Where(target => !UnreadHolders.ContainsKey(target));

    /// <summary>The previous, unconfirmed read if no target waits for this read.</summary>
    public RemovalDoubt? Doubt { get; init; }

    public string? Holder =>
        Read switch
        {
            HolderRead read => read.Holder,
            AssignmentsRead read => read.Holder,
            _ => null,
        };

    public IReadOnlyList<RemovalScope> ToRemovalScope()
    {
        var doubts = Targets.ToLookup(target => target.Key, target => target.Doubt, StringComparer.Ordinal);
        HashSet<string> announced =
        [
            .. Read is not HolderRead { Holder: var holder }
                ? []
                : Targets
                    .Where(target =>
                        TargetExpectations.Parse(target.Expects).Contains(TargetExpectations.Absent(holder))
                    )
                    .Select(target => RecordKeys.Assignment(target.Key, holder)),
        ];
        var shared = Targets.All(target => target.Doubt is not null)
            ? Targets.Select(target => target.Doubt).MinBy(doubt => doubt!.Number) ?? Doubt
            : null;
        return
        [
            .. Read.Scope.Select(range => new RemovalScope(
                range,
                doubts[PendingTargets.GetTargetKey(Read.Kind, range.From)].FirstOrDefault(shared),
                IsNotified: Targets.Count > 0,
                IsAnnounced: announced.Contains(range.From)
            )),
        ];
    }
}

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

internal sealed record PlanStatistics
{
    public static readonly PlanStatistics Empty = new();

    /// <summary>The version after which changed users can be requested; null before the first read of all users.</summary>
    public string? UsersVersion { get; init; }

    /// <summary>The number of assignments that the asset or subscription of a target states.</summary>
    public IReadOnlyDictionary<(RecordKind Kind, string Key), long> AssignedCounts { get; init; } =
        new Dictionary<(RecordKind, string), long>();

    public IReadOnlyDictionary<RecordKind, long> Totals { get; init; } = new Dictionary<RecordKind, long>();

    public static async Task<PlanStatistics> ReadAsync(
        DbConnection connection,
        string locationId,
        IReadOnlyList<StoredTarget> targets
    )
    {
        Dictionary<(RecordKind Kind, string Key), long> counts = [];
        foreach (var group in targets.GroupBy(target => target.Kind).Where(group => group.Key.CountedBy is not null))
        {
            var records = await SnapshotRows.FindAsync(
                connection,
                locationId,
                group.Key.CountedBy!,
                [.. group.Select(target => target.Key)]
            );
            foreach (var record in records.Values.Where(record => record.Data is not null))
            {
                if (group.Key.CountedBy!.ReadAssignedCount(record.Data!) is { } count)
                {
                    counts[(group.Key, record.Key)] = count;
                }
            }
        }

        return new PlanStatistics
        {
            UsersVersion = await LocationVersions.ReadUsersAsync(connection, locationId),
            AssignedCounts = counts,
            Totals = await ImportedKinds.ReadCountsAsync(connection, locationId),
        };
    }
}
