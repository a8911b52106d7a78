using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Targets;

namespace NotificationHub.Refetch;

/// <summary>Tracks the unread holders of targets whose holders are read one by one.</summary>
internal sealed class TargetProgress
{
    /// <summary>After this many failures in a row, Apple may refuse the target itself: its other holders are read in a later slot.</summary>
    private const int MaxFailuresInARow = 3;

    // Compared by reference: a target is looked up for each read, and its holders are a long text.
    private readonly Dictionary<ClaimedTarget, List<string>> unread = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ClaimedTarget, int> failures = new(ReferenceEqualityComparer.Instance);

    /// <returns>The step for the targets that still need it; null if there is none.</returns>
    public RefetchStep? Begin(RefetchStep planned)
    {
        List<ClaimedTarget> needing =
        [
            .. planned.Targets.Where(target => failures.GetValueOrDefault(target) < MaxFailuresInARow),
        ];
        if (needing.Count == 0 || planned.Holder is not { } holder)
        {
            return needing.Count == 0 ? null : planned;
        }

        Dictionary<ClaimedTarget, IReadOnlyList<string>> left = new(ReferenceEqualityComparer.Instance);
        foreach (var target in needing)
        {
            var others = UnreadOf(target).FindAll(other => other != holder);
            if (others.Count > 0)
            {
                left[target] = others;
            }
        }

        return planned with
        {
            Targets = needing,
            UnreadHolders = left,
        };
    }

    public void Complete(RefetchStep step)
    {
        foreach (var target in step.Targets)
        {
            if (step.Holder is { } holder)
            {
                UnreadOf(target).Remove(holder);
            }

            if (failures.ContainsKey(target))
            {
                failures[target] = 0;
            }
        }
    }

    /// <returns>The targets that have not failed before in this slot.</returns>
    public IReadOnlyList<ClaimedTarget> Fail(RefetchStep step)
    {
        List<ClaimedTarget> first = [.. step.Targets.Where(target => !failures.ContainsKey(target))];
        foreach (var target in step.Targets)
        {
            failures[target] = failures.GetValueOrDefault(target) + 1;
        }

        return first;
    }

    /// <summary>The holders of a target after a failed step. The holder that failed is read last next time.</summary>
    public IReadOnlyList<string> PutLast(ClaimedTarget target, string holder)
    {
        var holders = UnreadOf(target);
        holders.Remove(holder);
        holders.Add(holder);
        return holders;
    }

    private List<string> UnreadOf(ClaimedTarget target)
    {
        if (!unread.TryGetValue(target, out var holders))
        {
            unread[target] = holders = [.. TargetHolders.Parse(target.Holders)];
        }

        return holders;
    }
}
