using System.Text.Json;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>The reads for assignments: by holder, by asset, or all that there are.</summary>
internal static class AssignmentsPlan
{
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<ClaimedTarget> targets, PlanStatistics known)
    {
        if (targets.Count == 0)
        {
            return [];
        }

        List<Wanted> wanted = [.. targets.Select(target => new Wanted(target, HoldersOf(target)))];
        var parts = Parts(wanted, known);
        var whole = new AllAssignmentsRead
        {
            Asked = [.. targets.Select(target => KeyRange.Under(target.Key)).Distinct()],
        };
        return PageCounts.Of(whole, known) < parts.Sum(step => step.Reads.Sum(read => PageCounts.Of(read, known)))
            ? [new RefetchStep(targets, [whole])]
            : parts;
    }

    private static List<RefetchStep> Parts(List<Wanted> wanted, PlanStatistics known)
    {
        List<Wanted> some = [.. wanted.Where(one => one.Holders is { Count: > 0 })];
        var walked = HolderCover.Find([.. some.Select(one => (PageCounts.Of(one.Walk, known), one.Holders!))]);
        List<Wanted> asked = [.. some.Where((_, place) => !walked.Contains(place))];
        return
        [
            .. wanted.Except(asked).Select(one => new RefetchStep([one.Target], one.IsNothing ? [] : [one.Walk])),
            .. Groups(asked).Select(group => new RefetchStep([.. group.Select(one => one.Target)], ReadsOf(group))),
        ];
    }

    /// <summary>Those that share a holder, directly or through others: they are done together.</summary>
    private static List<List<Wanted>> Groups(List<Wanted> asked)
    {
        Dictionary<string, List<Wanted>> groups = new(StringComparer.Ordinal);
        foreach (var one in asked)
        {
            List<List<Wanted>> sharing =
            [
                .. one.Holders!.Select(groups.GetValueOrDefault)
                    .OfType<List<Wanted>>()
                    .Distinct()
                    .OrderByDescending(members => members.Count),
            ];
            // Merge the smaller sets into the largest.
            var group = sharing.FirstOrDefault() ?? [];
            List<Wanted> joining = [.. sharing.Skip(1).SelectMany(members => members), one];
            group.AddRange(joining);
            foreach (var holder in joining.SelectMany(member => member.Holders!))
            {
                groups[holder] = group;
            }
        }

        return [.. groups.Values.Distinct()];
    }

    private static List<RefetchRead> ReadsOf(List<Wanted> group) =>
        [
            .. group
                .SelectMany(one => one.Holders!.Select(holder => (Holder: holder, one.Target.Key)))
                .GroupBy(pair => pair.Holder, pair => pair.Key, StringComparer.Ordinal)
                .Select(ReadOf),
        ];

    private static RefetchRead ReadOf(IGrouping<string, string> assets)
    {
        string[] keys = [.. assets];
        return keys is [var only] ? WalkOf(only) with { Holder = assets.Key } : new HolderRead(assets.Key, keys);
    }

    private static AssignmentsRead WalkOf(string key)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(key);
        return new AssignmentsRead(adamId, pricingParam);
    }

    /// <returns>Null for all; nothing where the target does not say which in a way that can be read.</returns>
    private static (IReadOnlyList<string>? Holders, bool IsNothing) HoldersOf(ClaimedTarget target)
    {
        if (target.Holders is null)
        {
            return (null, false);
        }

        try
        {
            var holders = TargetHolders.Parse(target.Holders);
            return (holders.Count is 0 or > RefetchTargets.MaxHolders ? null : holders, false);
        }
        catch (JsonException)
        {
            return (null, true);
        }
    }

    private sealed record Wanted(ClaimedTarget Target, IReadOnlyList<string>? Holders, bool IsNothing)
    {
        public Wanted(ClaimedTarget target, (IReadOnlyList<string>? Holders, bool IsNothing) named)
            : this(target, named.Holders, named.IsNothing) { }

        public AssignmentsRead Walk => WalkOf(Target.Key);
    }
}
