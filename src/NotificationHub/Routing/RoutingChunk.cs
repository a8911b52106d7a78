using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>The outcome of consecutive notifications that one transaction commits.</summary>
internal sealed class RoutingChunk
{
    // In units of one event's insert. A chunk takes the writer two milliseconds at a low load, and up to eight at a high
    // one. With two thirds of the weight, intake waits less, but a delivery costs a seventh more CPU time.
    private const int MaxWeight = 1_536;
    private const int TargetWeight = 6;
    private const int DispositionWeight = 5;
    private const int ProgressWeight = 10;
    private const int HoldersPerWeight = 4;

    private readonly List<NewEvent> events = [];
    private readonly Dictionary<TargetKey, RequestedTarget> targets = [];
    private readonly List<(long Seq, RoutedNotification Routed)> changed = [];
    private int holders;

    public RoutingChunk(long from) => (From, To) = (from, from);

    public long From { get; }

    public long To { get; private set; }

    public IReadOnlyCollection<NewEvent> Events => events;

    /// <summary>Each target and holder once, even if several notifications name it.</summary>
    public IReadOnlyCollection<MergedRequest> Targets => [.. targets.Values.SelectMany(target => target.Requests)];

    public IReadOnlyCollection<(long Seq, RoutedNotification Routed)> Changed => changed;

    public OperationProgressBatch Progress { get; } = new();

    public bool IsFull =>
        events.Count
            + (TargetWeight * targets.Count)
            + (holders / HoldersPerWeight)
            + (DispositionWeight * changed.Count)
            + (ProgressWeight * Progress.Count)
        >= MaxWeight;

    public void Add(NotificationEntry entry, RoutedNotification routed)
    {
        To = entry.Seq;
        events.AddRange(routed.Events);
        foreach (var target in routed.Targets)
        {
            Add(target);
        }

        if (routed.Progress is { } progress)
        {
            Progress.Add(progress);
        }

        if (routed.Disposition != entry.Disposition)
        {
            changed.Add((entry.Seq, routed));
        }
    }

    private void Add(MergedRequest request)
    {
        var key = TargetKey.From(request);
        if (!targets.TryGetValue(key, out var target))
        {
            targets[key] = target = new RequestedTarget();
        }

        holders += target.Add(request) ? 1 : 0;
    }

    /// <summary>The requests of the chunk's notifications for one target, as if each notification were in a separate chunk.</summary>
    private sealed class RequestedTarget
    {
        private readonly List<string> expects = [];
        private HashSet<string>? holders = new(StringComparer.Ordinal);
        private MergedRequest? latest;

        /// <summary>One request per holder, or one for all holders; and one per expectation, even if all holders are requested.</summary>
        public IEnumerable<MergedRequest> Requests =>
            (holders is null ? [null] : holders.Cast<string?>())
                .Select(holder => latest! with { Holder = holder, Expects = null })
                .Concat(expects.Select(expected => latest! with { Holder = holders?.First(), Expects = expected }));

        /// <returns>Whether the request names an additional holder.</returns>
        public bool Add(MergedRequest request)
        {
            latest = request;
            if (request.Expects is { } expected)
            {
                TargetExpectations.Add(expects, expected);
            }

            if (request.Holder is null)
            {
                holders = null;
            }

            if (holders?.Add(request.Holder!) != true)
            {
                return false;
            }

            holders = holders.Count > RefetchTargets.MaxHolders ? null : holders;
            return true;
        }
    }
}
