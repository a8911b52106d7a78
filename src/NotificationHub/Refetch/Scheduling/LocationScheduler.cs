using NotificationHub.Storage;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Distributes slots to locations; the location that has waited longest since its last slot is next.</summary>
internal sealed class LocationScheduler(int parallel, int fullSyncs, TimeProvider time)
{
    public const int ParallelFullSyncs = 4;

    private readonly Lock sync = new();
    private readonly HashSet<string> running = new(StringComparer.Ordinal);
    private readonly HashSet<string> syncing = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> lastSlots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Since, TimeSpan Length)> paused = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> yielded = new(StringComparer.Ordinal);
    private long slots;
    private bool isCrowded;

    /// <summary>Begins slots. The caller ends the slot of each returned location with <see cref="End"/>.</summary>
    /// <param name="due">The locations with due targets, the longest waiting first.</param>
    public IReadOnlyList<string> Take(IReadOnlyList<string> due)
    {
        lock (sync)
        {
            Forget([.. due, .. yielded.Keys]);
            List<string> candidates =
            [
                .. due.Where(location => !running.Contains(location) && !paused.ContainsKey(location)),
                .. yielded.Keys,
            ];
            List<string> taken =
            [
                .. candidates.OrderBy(location => lastSlots.GetValueOrDefault(location)).Take(parallel - UsedSlots),
            ];
            isCrowded = taken.Count < candidates.Count;
            return [.. taken.Where(BeginSlot)];
        }
    }

    /// <summary>Begins slots for full syncs. The caller ends the slot of each returned location with <see cref="End"/>.</summary>
    /// <param name="waiting">The locations without due targets, the longest waiting first.</param>
    public IReadOnlyList<string> TakeFullSyncs(IReadOnlyList<string> waiting)
    {
        lock (sync)
        {
            List<string> taken =
            [
                .. waiting
                    .Where(location => !running.Contains(location) && !paused.ContainsKey(location))
                    .Take(fullSyncs - syncing.Count),
            ];
            running.UnionWith(taken);
            syncing.UnionWith(taken);
            return taken;
        }
    }

    /// <param name="next">Completes when the location's next slot begins.</param>
    /// <returns>False if no location waits.</returns>
    public bool TryYield(string locationId, out Task next)
    {
        lock (sync)
        {
            if (!isCrowded || !running.Contains(locationId) || syncing.Contains(locationId))
            {
                next = Task.CompletedTask;
                return false;
            }

            var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            yielded[locationId] = again;
            next = again.Task;
            return true;
        }
    }

    public void End(string locationId)
    {
        lock (sync)
        {
            running.Remove(locationId);
            syncing.Remove(locationId);
            yielded.Remove(locationId);
        }
    }

    public void Pause(string locationId, TimeSpan length)
    {
        lock (sync)
        {
            paused[locationId] = (time.GetTimestamp(), length);
        }
    }

    private int UsedSlots => running.Count - syncing.Count - yielded.Count;

    /// <returns>False if the location continues the read for which it yielded.</returns>
    private bool BeginSlot(string location)
    {
        lastSlots[location] = ++slots;
        if (yielded.Remove(location, out var again))
        {
            again.SetResult();
            return false;
        }

        return running.Add(location);
    }

    private void Forget(HashSet<string> due)
    {
        foreach (var idle in lastSlots.Keys.Where(location => !due.Contains(location)).ToList())
        {
            lastSlots.Remove(idle);
        }

        foreach (var (location, (since, length)) in paused.ToList())
        {
            if (time.GetElapsedTime(since) >= length)
            {
                paused.Remove(location);
            }
        }
    }
}

internal sealed class LocationSlot(LocationScheduler scheduler, string locationId, Signals signals, TimeProvider time)
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    private long startedAt = time.GetTimestamp();

    public bool IsOver => time.GetElapsedTime(startedAt) >= Length;

    /// <summary>Yields to a waiting location after the end of the slot, and returns when the next slot begins.</summary>
    // A read that was broken off would have to start over and might never end.
    public async Task YieldAsync(CancellationToken cancellationToken)
    {
        if (IsOver && scheduler.TryYield(locationId, out var next))
        {
            signals.TargetsRequested.Raise();
            await next.WaitAsync(cancellationToken);
            startedAt = time.GetTimestamp();
        }
    }
}
