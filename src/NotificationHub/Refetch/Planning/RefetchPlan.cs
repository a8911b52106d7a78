using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>Reads that together answer the targets; none where a target names nothing that can be read.</summary>
internal sealed record RefetchStep(IReadOnlyList<ClaimedTarget> Targets, IReadOnlyList<RefetchRead> Reads);

/// <summary>
/// Finds the reads that answer a location's due targets with the fewest requests, by <see cref="PageCounts"/>; among equals the one that
/// reads less. Pure.
/// </summary>
internal static class RefetchPlan
{
    /// <param name="targets">Those of one location that are due, in the order in which they fell due.</param>
    /// <param name="known">What decides between one way of reading and another.</param>
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<ClaimedTarget> targets, PlanStatistics known)
    {
        var places = targets.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        return
        [
            .. targets
                .GroupBy(target => target.Resource, StringComparer.Ordinal)
                .SelectMany(group => StepsOf(group.Key, [.. group], known))
                .OrderBy(step => step.Targets.Min(target => places[target])),
        ];
    }

    private static IEnumerable<RefetchStep> StepsOf(
        string resource,
        IReadOnlyList<ClaimedTarget> targets,
        PlanStatistics known
    ) =>
        resource switch
        {
            RefetchResources.Asset => Cheaper(targets, AssetOf, new AssetsRead { Asked = KeysOf(targets) }, known),
            RefetchResources.Assignments => AssignmentsPlan.Create(targets, known),
            RefetchResources.User => Cheaper(
                targets,
                target => new UserRead(target.Key),
                new UsersRead(known.UsersVersion),
                known
            ),
            RefetchResources.Subscription => Cheaper(
                targets,
                target => new SubscriptionRead(target.Key),
                new SubscriptionsRead { Asked = KeysOf(targets) },
                known
            ),
            RefetchResources.SubscriptionAssignments => Cheaper(
                targets,
                target => new SubscriptionAssignmentsRead(target.Key),
                new AllSubscriptionAssignmentsRead { Asked = [.. targets.Select(one => KeyRange.Under(one.Key))] },
                known
            ),
            _ => targets.Select(target => new RefetchStep([target], [])),
        };

    private static IEnumerable<RefetchStep> Cheaper(
        IReadOnlyList<ClaimedTarget> targets,
        Func<ClaimedTarget, RefetchRead> one,
        RefetchRead together,
        PlanStatistics known
    )
    {
        List<RefetchStep> parts = [.. targets.Select(target => new RefetchStep([target], [one(target)]))];
        return PageCounts.Of(together, known) < parts.Sum(step => PageCounts.Of(step.Reads[0], known))
            ? [new RefetchStep(targets, [together])]
            : parts;
    }

    private static AssetRead AssetOf(ClaimedTarget target)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(target.Key);
        return new AssetRead(adamId, pricingParam);
    }

    private static IReadOnlyList<KeyRange> KeysOf(IReadOnlyList<ClaimedTarget> targets) =>
        [.. targets.Select(target => new KeyRange(target.Key))];
}
