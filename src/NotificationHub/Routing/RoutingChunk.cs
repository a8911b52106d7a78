using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>What one transaction of a pass commits: the outcome of some rows in a row, kept short for the write lane.</summary>
internal sealed class RoutingChunk
{
    /// <summary>About what can be written in two milliseconds; a target costs a look-up and a write.</summary>
    private const int MaxWrites = 256;

    private const int WritesPerTarget = 2;

    private readonly List<NewEvent> events = [];
    private readonly Dictionary<(string, string, string, string?), RefetchRequest> targets = [];
    private readonly List<(long Seq, RoutedNotification Routed)> changed = [];

    /// <param name="from">Where the cursor stands before.</param>
    public RoutingChunk(long from) => (From, To) = (from, from);

    public long From { get; }

    /// <summary>Where the cursor stands after.</summary>
    public long To { get; private set; }

    public IReadOnlyCollection<NewEvent> Events => events;

    /// <summary>Each target once, however many notifications hint at it.</summary>
    public IReadOnlyCollection<RefetchRequest> Targets => targets.Values;

    /// <summary>The notifications whose disposition is another one now.</summary>
    public IReadOnlyCollection<(long Seq, RoutedNotification Routed)> Changed => changed;

    public bool IsFull => events.Count + (WritesPerTarget * targets.Count) + changed.Count >= MaxWrites;

    public void Add(NotificationEntry entry, RoutedNotification routed)
    {
        To = entry.Seq;
        events.AddRange(routed.Events);
        foreach (var target in routed.Targets)
        {
            targets[(target.LocationId, target.Resource, target.Key, target.Holder)] = target;
        }

        if (routed.Disposition != entry.Disposition)
        {
            changed.Add((entry.Seq, routed));
        }
    }
}
