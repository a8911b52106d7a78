using NotificationHub.Refetch.Targets;

namespace NotificationHub.Refetch.Planning;

/// <summary>Plans the reads of assignments: of a holder for all its assets, or of an asset for all its holders.</summary>
internal static class AssignmentsPlan
{
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<StoredTarget> targets, PlanStatistics statistics)
    {
        List<RefetchStep> byAsset = [];
        List<(StoredTarget Target, IReadOnlyList<string> Holders, long Pages)> named = [];
        foreach (var target in targets)
        {
            var all = new AssignmentsRead(target.Key);
            if (!TargetHolders.TryParse(target.Holders, out var holders))
            {
                byAsset.Add(new RefetchStep(new InvalidRead(target.Kind), [target]));
            }
            else if (holders.Count is 0 or > RefetchTargets.MaxHolders)
            {
                byAsset.Add(new RefetchStep(all, [target]));
            }
            else
            {
                named.Add((target, holders, PageCounts.Estimate(all, statistics)));
            }
        }

        var complete = FindAssetsToRead([.. named.Select(one => (one.Pages, one.Holders))]);
        byAsset.AddRange(
            complete.Select(index => new RefetchStep(
                new AssignmentsRead(named[index].Target.Key),
                [named[index].Target]
            ))
        );
        var byHolder = named
            .Where((_, index) => !complete.Contains(index))
            .SelectMany(one => one.Holders.Select(holder => (Holder: holder, one.Target)))
            .GroupBy(pair => pair.Holder, pair => pair.Target, StringComparer.Ordinal)
            .Select(group => new RefetchStep(CreateRead(group.Key, [.. group.Select(one => one.Key)]), [.. group]));
        return [.. byAsset, .. byHolder];
    }

    private static RefetchRead CreateRead(string holder, string[] assets) =>
        assets is [var asset] ? new AssignmentsRead(asset, holder) : new HolderRead(holder, assets);

    /// <summary>Chooses the assets to read completely; each holder of the other assets is read by itself.</summary>
    // Each named pair of asset and holder must be in one of the reads. The fewest requests are the minimum weighted
    // vertex cover of a bipartite graph, which is as large as a maximum matching (Kőnig): each holder is matched with an
    // asset, and each asset with as many holders as it has pages.
    private static HashSet<int> FindAssetsToRead(IReadOnlyList<(long Pages, IReadOnlyList<string> Holders)> assets)
    {
        var assetsOf = assets
            .Index()
            .SelectMany(asset => asset.Item.Holders.Select(holder => (Holder: holder, asset.Index)))
            .ToLookup(pair => pair.Holder, pair => pair.Index, StringComparer.Ordinal);
        List<string>[] matched = [.. assets.Select(_ => new List<string>())];
        // The assets that a holder without a match leads to. They stay full, so later searches skip them.
        HashSet<int> full = [];
        foreach (var holder in assetsOf)
        {
            HashSet<int> tried = [.. full];
            if (!TryMatch(holder.Key, tried))
            {
                full = tried;
            }
        }

        return full;

        bool TryMatch(string holder, HashSet<int> tried)
        {
            foreach (var asset in assetsOf[holder].Where(tried.Add))
            {
                if (matched[asset].Count < assets[asset].Pages)
                {
                    matched[asset].Add(holder);
                    return true;
                }

                if (matched[asset].Find(other => TryMatch(other, tried)) is { } moved)
                {
                    matched[asset].Remove(moved);
                    matched[asset].Add(holder);
                    return true;
                }
            }

            return false;
        }
    }
}
