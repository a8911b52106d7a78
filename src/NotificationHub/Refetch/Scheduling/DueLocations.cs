namespace NotificationHub.Refetch.Scheduling;

/// <param name="Due">The locations with targets that are due, the longest waiting ones first.</param>
/// <param name="FullSyncs">The locations with a full sync that is due and no target that is, the longest waiting ones first.</param>
/// <param name="NextDueAt">When the next one falls due; null where none waits.</param>
internal sealed record DueLocations(IReadOnlyList<string> Due, IReadOnlyList<string> FullSyncs, long? NextDueAt)
{
    /// <param name="waiting">Locations that Apple may be called for, with what waits there.</param>
    /// <param name="fullSyncs">Whether full syncs are enabled.</param>
    public static DueLocations Of(IReadOnlyCollection<WaitingLocation> waiting, bool fullSyncs, long now)
    {
        var targets = new Queue(now, waiting.Select(row => (row.LocationId, row.DueAt, row.PausedUntil)));
        var busy = targets.Due.ToHashSet(StringComparer.Ordinal);
        var others = fullSyncs ? waiting.Where(row => !busy.Contains(row.LocationId)) : [];
        var walks = new Queue(now, others.Select(row => (row.LocationId, row.FullSyncAt, row.PausedUntil)));
        return new DueLocations(targets.Due, walks.Due, Earlier(targets.NextDueAt, walks.NextDueAt));
    }

    public DueLocations NextAt(long? nextDueAt) => this with { NextDueAt = Earlier(NextDueAt, nextDueAt) };

    private static long? Earlier(long? one, long? other) => one < other || other is null ? one : other;

    /// <summary>Those that wait, in the order in which they fall due.</summary>
    private sealed class Queue
    {
        public Queue(long now, IEnumerable<(string LocationId, long? DueAt, long? PausedUntil)> locations)
        {
            var waiting = locations
                .Where(location => location.DueAt is not null)
                .Select(location =>
                    (location.LocationId, DueAt: Math.Max(location.DueAt!.Value, location.PausedUntil ?? 0))
                )
                .OrderBy(location => location.DueAt)
                .ToList();
            Due = [.. waiting.TakeWhile(location => location.DueAt <= now).Select(location => location.LocationId)];
            NextDueAt = Due.Count < waiting.Count ? waiting[Due.Count].DueAt : null;
        }

        public IReadOnlyList<string> Due { get; }

        public long? NextDueAt { get; }
    }
}

/// <param name="DueAt">When its first target falls due; null where none waits.</param>
/// <param name="FullSyncAt">When its first full sync does; 0 where it has not begun to be imported.</param>
internal sealed record WaitingLocation(string LocationId, long? PausedUntil, long? DueAt, long? FullSyncAt);
