using System.Text.Json;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Planning;

/// <summary>Reads that together answer the targets; none where a target names nothing that can be read.</summary>
internal sealed record RefetchStep(IReadOnlyList<ClaimedTarget> Targets, IReadOnlyList<RefetchRead> Reads);

/// <summary>What is known before the reading, so far as it decides how to read.</summary>
/// <param name="UsersVersion">The version since which changed users can be asked for; null: never walked.</param>
/// <param name="AssignedCounts">By an asset's key, how many licences are in use.</param>
internal sealed record RefetchKnowledge(string? UsersVersion, IReadOnlyDictionary<string, long> AssignedCounts)
{
    public static readonly RefetchKnowledge Nothing = new(null, new Dictionary<string, long>(StringComparer.Ordinal));
}

/// <summary>Finds the reads that answer a location's due targets with the fewest requests. Pure.</summary>
internal static class RefetchPlan
{
    /// <summary>More users than this are read together.</summary>
    public const int FewUsers = 5;

    /// <summary>The least that a page of Apple's holds ("several hundred"); pages are not counted on to be larger.</summary>
    public const int RecordsPerPage = 500;

    /// <param name="targets">Those of one location that are due, in the order in which they fell due.</param>
    /// <param name="known">What decides between one way of reading and another.</param>
    public static IReadOnlyList<RefetchStep> Create(IReadOnlyList<ClaimedTarget> targets, RefetchKnowledge known)
    {
        ClaimedTarget[] users = [.. targets.Where(target => target.Resource == RefetchResources.User)];
        var together = users.Length > FewUsers;
        List<RefetchStep> steps =
        [
            .. targets
                .Where(target => !(together && target.Resource == RefetchResources.User))
                .Select(target => new RefetchStep([target], ReadsOf(target, known))),
        ];
        if (together)
        {
            steps.Insert(0, new RefetchStep(users, [new UsersRead(known.UsersVersion)]));
        }

        return steps;
    }

    private static IReadOnlyList<RefetchRead> ReadsOf(ClaimedTarget target, RefetchKnowledge known) =>
        target.Resource switch
        {
            RefetchResources.Asset => [AssetOf(target.Key)],
            RefetchResources.Assignments => AssignmentsOf(target, known),
            RefetchResources.User => [new UserRead(target.Key)],
            RefetchResources.Subscription => [new SubscriptionRead(target.Key)],
            RefetchResources.SubscriptionAssignments => [new SubscriptionAssignmentsRead(target.Key)],
            _ => [],
        };

    private static AssetRead AssetOf(string key)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(key);
        return new AssetRead(adamId, pricingParam);
    }

    /// <summary>A request for each holder, unless the pages of a walk are fewer.</summary>
    private static IReadOnlyList<RefetchRead> AssignmentsOf(ClaimedTarget target, RefetchKnowledge known)
    {
        var (adamId, pricingParam) = RecordKeys.ParseAsset(target.Key);
        var walk = new AssignmentsRead(adamId, pricingParam);
        if (target.Holders is null)
        {
            return [walk];
        }

        if (HoldersOf(target.Holders) is not { } holders)
        {
            return [];
        }

        return holders.Count is 0 or > RefetchTargets.MaxHolders || holders.Count > PagesOf(target.Key, known)
            ? [walk]
            : [.. holders.Select(holder => walk with { Holder = holder })];
    }

    private static IReadOnlyList<string>? HoldersOf(string holders)
    {
        try
        {
            return TargetHolders.Parse(holders);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Where nothing is known of an asset it may be large.</summary>
    private static long PagesOf(string asset, RefetchKnowledge known) =>
        known.AssignedCounts.TryGetValue(asset, out var assigned)
            ? Math.Max(1, (assigned + RecordsPerPage - 1) / RecordsPerPage)
            : RefetchTargets.MaxHolders;
}
