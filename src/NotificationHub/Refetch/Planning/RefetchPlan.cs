using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>Finds the reads that satisfy a location's due targets with the fewest requests. Pure.</summary>
internal static class RefetchPlan
{
    private delegate IReadOnlyList<RefetchStep> Rule(IReadOnlyList<ClaimedTarget> targets, PlanStatistics statistics);

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
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<ClaimedTarget> targets, PlanStatistics statistics)
    {
        // Compared by reference, because each target is looked up for many reads.
        Dictionary<ClaimedTarget, int> order = new(ReferenceEqualityComparer.Instance);
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
        IReadOnlyList<ClaimedTarget> targets,
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

    private static KeyRange ScopeOf(ClaimedTarget target) =>
        target.Kind.CountedBy is null ? new KeyRange(target.Key) : KeyRange.Under(target.Key);
}
