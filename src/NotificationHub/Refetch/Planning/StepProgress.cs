using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Planning;

/// <summary>One read of a step.</summary>
/// <param name="Targets">Those that need it.</param>
/// <param name="Done">Those of them for which it is the last.</param>
internal sealed record StepPart(
    RefetchRead Read,
    IReadOnlyList<ClaimedTarget> Targets,
    IReadOnlyList<ClaimedTarget> Done
)
{
    public RefetchStep Step => new(Targets, [Read]);

    /// <summary>The previous, unconfirmed read if no target waits for this read.</summary>
    public RemovalDoubt? Doubt { get; init; }

    /// <summary>The ranges that the read covers completely, with earlier doubted reads.</summary>
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
        var ofAll = Targets.All(target => target.Doubt is not null)
            ? Targets.Select(target => target.Doubt).MinBy(doubt => doubt!.Number) ?? Doubt
            : null;
        return
        [
            .. Read.Scope.Select(range => new RemovalScope(
                range,
                doubts[PendingTargets.TargetOf(Read.Kind, range.From)].FirstOrDefault(ofAll),
                IsNotified: Targets.Count > 0,
                IsAnnounced: announced.Contains(range.From)
            )),
        ];
    }

    /// <summary>A read that nothing waits for.</summary>
    public static StepPart Of(RefetchRead read) => new(read, [], []);
}

/// <summary>
/// Tracks the progress of a step. Targets can share reads; each one is completed, or fails, by the reads that it needs. If Apple refuses one
/// holder, the target's other holders are still read; <see cref="Left"/> has the remaining ones.
/// </summary>
internal sealed class StepProgress
{
    /// <summary>After this many failed reads in a row, Apple may refuse the target itself, so its other holders are not tried now.</summary>
    private const int MaxFailuresInARow = 3;

    private readonly RefetchStep step;
    private readonly ILookup<string, int> reads;
    private readonly ILookup<string, ClaimedTarget> targets;
    private readonly HashSet<int> unread;
    private readonly HashSet<int> failed = [];

    // Compared by reference: a target is looked up for each read, and its holders are a long text.
    private readonly Dictionary<ClaimedTarget, int> failures = new(ReferenceEqualityComparer.Instance);
    private int place;

    public StepProgress(RefetchStep step)
    {
        this.step = step;
        unread = [.. Enumerable.Range(0, step.Reads.Count)];
        targets = step.Targets.ToLookup(target => target.Key, StringComparer.Ordinal);
        reads = step
            .Reads.Index()
            .SelectMany(read => KeysOf(step, read.Item).Select(key => (Key: key, read.Index)))
            .ToLookup(pair => pair.Key, pair => pair.Index, StringComparer.Ordinal);
    }

    public bool IsOver => place == step.Reads.Count;

    /// <summary>The remaining holders of targets that were tried but not completed; failed holders come last.</summary>
    public IReadOnlyList<(ClaimedTarget Target, IReadOnlyList<string> Holders)> Left =>
        [
            .. step
                .Targets.Where(target =>
                    step.Reads.Count > 1
                    && reads[target.Key].Any(unread.Contains)
                    && reads[target.Key].Any(read => !unread.Contains(read) || failed.Contains(read))
                )
                .Select(target => (target, HoldersLeft(target))),
        ];

    /// <returns>The next read that is needed; null where there is none.</returns>
    public StepPart? Next()
    {
        while (!IsOver)
        {
            var read = step.Reads[place++];
            List<ClaimedTarget> needing =
            [
                .. KeysOf(step, read)
                    .SelectMany(key => targets[key])
                    .Where(target => failures.GetValueOrDefault(target) < MaxFailuresInARow),
            ];
            if (needing.Count > 0)
            {
                return new StepPart(read, needing, needing.FindAll(IsLastOf));
            }
        }

        return null;
    }

    /// <summary>Records that the current part was read.</summary>
    public void Read(StepPart part)
    {
        unread.Remove(place - 1);
        foreach (var target in part.Targets.Where(failures.ContainsKey))
        {
            failures[target] = 0;
        }
    }

    /// <summary>Records that the current part was not read, so that none of its targets is completed.</summary>
    /// <returns>The targets that have not failed before.</returns>
    public RefetchStep Fail(StepPart part)
    {
        failed.Add(place - 1);
        List<ClaimedTarget> first = [.. part.Targets.Where(target => !failures.ContainsKey(target))];
        foreach (var target in part.Targets)
        {
            failures[target] = failures.GetValueOrDefault(target) + 1;
        }

        return new RefetchStep(first, [part.Read]);
    }

    private bool IsLastOf(ClaimedTarget target) =>
        !failures.ContainsKey(target) && reads[target.Key].Last() == place - 1;

    // Holders with an expectation from a notification are read again: expectations are checked when the target is completed.
    private IReadOnlyList<string> HoldersLeft(ClaimedTarget target)
    {
        var left = reads[target.Key]
            .Where(unread.Contains)
            .OrderBy(failed.Contains)
            .Select(read => HolderOf(step.Reads[read]))
            .OfType<string>();
        var expected = TargetExpectations.Parse(target.Expects).Select(expectation => expectation[1..]);
        return [.. left.Concat(expected).Intersect(TargetHolders.Parse(target.Holders!), StringComparer.Ordinal)];
    }

    private static string? HolderOf(RefetchRead read) =>
        read switch
        {
            HolderRead of => of.Holder,
            AssignmentsRead of => of.Holder,
            _ => null,
        };

    private static IEnumerable<string> KeysOf(RefetchStep step, RefetchRead read) =>
        read switch
        {
            _ when step.Reads.Count == 1 => step.Targets.Select(target => target.Key).Distinct(StringComparer.Ordinal),
            HolderRead of => of.Assets,
            AssignmentsRead of => [RecordKeys.Asset(of.AdamId, of.PricingParam)],
            _ => throw new ArgumentException($"{read.GetType().Name} is not read with others.", nameof(read)),
        };
}
