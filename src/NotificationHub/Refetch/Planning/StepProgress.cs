using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Targets;

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

    /// <summary>A read that nothing waits for.</summary>
    public static StepPart Of(RefetchRead read) => new(read, [], []);
}

/// <summary>How far a step has come. Targets that share reads are done, or fail, each by those that it needs itself.</summary>
internal sealed class StepProgress(RefetchStep step)
{
    // By reference: a target is compared with each read, and its holders are a long text.
    private readonly HashSet<ClaimedTarget> open = new(step.Targets, ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> last = step
        .Reads.Index()
        .SelectMany(read => KeysOf(step, read.Item).Select(key => (Key: key, read.Index)))
        .GroupBy(pair => pair.Key, pair => pair.Index, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Max(), StringComparer.Ordinal);
    private readonly ILookup<string, ClaimedTarget> targets = step.Targets.ToLookup(
        target => target.Key,
        StringComparer.Ordinal
    );
    private int place;

    public bool IsOver => place == step.Reads.Count;

    /// <summary>Those of the targets need no further read.</summary>
    public void Leave(IEnumerable<ClaimedTarget> left) => open.ExceptWith(left);

    /// <returns>The next read that is needed; null where there is none.</returns>
    public StepPart? Next()
    {
        while (!IsOver)
        {
            var read = step.Reads[place++];
            List<ClaimedTarget> needing = [.. KeysOf(step, read).SelectMany(key => targets[key]).Where(open.Contains)];
            if (needing.Count > 0)
            {
                return new StepPart(read, needing, needing.FindAll(target => last[target.Key] == place - 1));
            }
        }

        return null;
    }

    private static IEnumerable<string> KeysOf(RefetchStep step, RefetchRead read) =>
        read switch
        {
            _ when step.Reads.Count == 1 => step.Targets.Select(target => target.Key).Distinct(StringComparer.Ordinal),
            HolderRead of => of.Assets,
            AssignmentsRead of => [RecordKeys.Asset(of.AdamId, of.PricingParam)],
            _ => throw new ArgumentException($"{read.GetType().Name} is not read with others.", nameof(read)),
        };
}
