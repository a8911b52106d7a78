namespace NotificationHub.Refetch.Planning;

/// <summary>
/// Which assets to walk and which holders to ask for, so that each of the wanted pairs is in one of them and the requests are as few as
/// can be. A holder is one request, an asset as many as it has pages: the least weighted vertex cover of a bipartite graph, which
/// is as large as its largest matching (Kőnig).
/// </summary>
internal sealed class HolderCover
{
    private readonly IReadOnlyList<(long Cost, IReadOnlyList<string> Holders)> assets;
    private readonly Dictionary<string, List<int>> assetsOf = new(StringComparer.Ordinal);

    /// <summary>By asset, the holders that it answers for: as many as it has pages.</summary>
    private readonly List<string>[] matched;

    private HolderCover(IReadOnlyList<(long Cost, IReadOnlyList<string> Holders)> assets)
    {
        this.assets = assets;
        matched = [.. assets.Select(_ => new List<string>())];
        for (var asset = 0; asset < assets.Count; asset++)
        {
            foreach (var holder in assets[asset].Holders)
            {
                if (!assetsOf.TryGetValue(holder, out var having))
                {
                    assetsOf[holder] = having = [];
                }

                having.Add(asset);
            }
        }
    }

    /// <param name="assets">Each with the requests that a walk of it takes, and the holders wanted of it.</param>
    /// <returns>The places of those to be walked; of all others each holder is asked for.</returns>
    public static IReadOnlySet<int> Find(IReadOnlyList<(long Cost, IReadOnlyList<string> Holders)> assets)
    {
        var cover = new HolderCover(assets);
        // An asset that a search found full stays full, so later searches skip it.
        HashSet<int> full = [];
        foreach (var holder in cover.assetsOf.Keys)
        {
            HashSet<int> tried = [.. full];
            if (!cover.TryMatch(holder, tried))
            {
                full = tried;
            }
        }

        return cover.ReachableFromUnmatched();
    }

    /// <summary>Finds an asset that can answer for the holder, letting others answer for those it answers for now.</summary>
    private bool TryMatch(string holder, HashSet<int> tried)
    {
        foreach (var asset in assetsOf[holder].Where(tried.Add))
        {
            if (matched[asset].Count < assets[asset].Cost)
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

    private HashSet<int> ReachableFromUnmatched()
    {
        HashSet<int> reached = [];
        Queue<string> open = new(assetsOf.Keys.Except(matched.SelectMany(holders => holders), StringComparer.Ordinal));
        while (open.TryDequeue(out var holder))
        {
            foreach (var asset in assetsOf[holder].Where(reached.Add))
            {
                matched[asset].ForEach(open.Enqueue);
            }
        }

        return reached;
    }
}
