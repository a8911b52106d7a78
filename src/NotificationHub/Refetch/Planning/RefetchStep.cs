using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>One read, with the targets that need it; none for a read that is part of another one.</summary>
internal sealed record RefetchStep(RefetchRead Read, IReadOnlyList<ClaimedTarget> Targets)
{
    /// <summary>The named holders of each target that are still unread after this read. A target without any is complete.</summary>
    public IReadOnlyDictionary<ClaimedTarget, IReadOnlyList<string>> UnreadHolders { get; init; } =
        new Dictionary<ClaimedTarget, IReadOnlyList<string>>();

    public IEnumerable<ClaimedTarget> CompletedTargets => Targets.Where(target => !UnreadHolders.ContainsKey(target));

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
