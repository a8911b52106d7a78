using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>What one transaction of a pass commits: the outcome of some rows in a row, kept short for the write lane.</summary>
internal sealed class RoutingChunk
{
    // About two milliseconds in the write lane, in units of an event's insert.
    private const int MaxWeight = 768;
    private const int TargetWeight = 6;
    private const int DispositionWeight = 5;
    private const int HeardWeight = 10;

    private const string AllHolders = "";

    private readonly List<NewEvent> events = [];
    private readonly Dictionary<(string, string, string), Dictionary<string, RefetchRequest>> targets = [];
    private readonly List<(long Seq, RoutedNotification Routed)> changed = [];

    /// <param name="from">Where the cursor stands before.</param>
    public RoutingChunk(long from) => (From, To) = (from, from);

    public long From { get; }

    /// <summary>Where the cursor stands after.</summary>
    public long To { get; private set; }

    public IReadOnlyCollection<NewEvent> Events => events;

    /// <summary>Each target and holder once, however many notifications hint at it.</summary>
    public IReadOnlyCollection<RefetchRequest> Targets => [.. targets.Values.SelectMany(holders => holders.Values)];

    /// <summary>The notifications whose disposition is another one now.</summary>
    public IReadOnlyCollection<(long Seq, RoutedNotification Routed)> Changed => changed;

    /// <summary>What was heard of operations.</summary>
    public HeardOperations Heard { get; } = new();

    public bool IsFull =>
        events.Count
            + (TargetWeight * targets.Count)
            + (DispositionWeight * changed.Count)
            + (HeardWeight * Heard.Count)
        >= MaxWeight;

    public void Add(NotificationEntry entry, RoutedNotification routed)
    {
        To = entry.Seq;
        events.AddRange(routed.Events);
        foreach (var target in routed.Targets)
        {
            Add(target);
        }

        if (routed.Heard is { } heard)
        {
            Heard.Add(heard);
        }

        if (routed.Disposition != entry.Disposition)
        {
            changed.Add((entry.Seq, routed));
        }
    }

    private void Add(RefetchRequest target)
    {
        var key = (target.LocationId, target.Resource, target.Key);
        if (!targets.TryGetValue(key, out var holders))
        {
            targets[key] = holders = new Dictionary<string, RefetchRequest>(StringComparer.Ordinal);
        }

        if (holders.ContainsKey(AllHolders))
        {
            return;
        }

        holders[target.Holder ?? AllHolders] = target;
        if (target.Holder is null || holders.Count > RefetchTargets.MaxHolders)
        {
            holders.Clear();
            holders[AllHolders] = target with { Holder = null };
        }
    }
}
