namespace NotificationHub.Refetch.Scheduling;

/// <summary>
/// Whose turn it is. A location has one turn at a time, and who has waited longest since its last one comes first, so that
/// a location with a thousand targets does not delay one with a single target.
/// </summary>
/// <param name="parallel">How many locations are read at the same time because of notifications.</param>
/// <param name="fullSyncs">How many more have a full sync at the same time, in places of their own.</param>
/// <param name="time">The clock of rests.</param>
internal sealed class LocationScheduler(int parallel, int fullSyncs, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> running = new(StringComparer.Ordinal);
    private readonly HashSet<string> syncing = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> lastTurns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Since, TimeSpan Length)> resting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> left = new(StringComparer.Ordinal);
    private long turns;
    private bool isCrowded;

    /// <summary>Takes as many of the locations as may be read now, those that left their place among them; each one returned is to be given back by <see cref="End"/>.</summary>
    /// <param name="due">Those with due targets, the longest waiting ones first.</param>
    public IReadOnlyList<string> Take(IReadOnlyList<string> due)
    {
        lock (gate)
        {
            Forget([.. due, .. left.Keys]);
            List<string> candidates =
            [
                .. due.Where(location => !running.Contains(location) && !resting.ContainsKey(location)),
                .. left.Keys,
            ];
            List<string> taken =
            [
                .. candidates.OrderBy(location => lastTurns.GetValueOrDefault(location)).Take(parallel - PlacesTaken),
            ];
            isCrowded = taken.Count < candidates.Count;
            return [.. taken.Where(BeginTurn)];
        }
    }

    /// <summary>Takes as many locations as may have a full sync now; the caller returns each one with <see cref="End"/>.</summary>
    /// <param name="waiting">Those of which nothing else is due, the longest waiting ones first.</param>
    public IReadOnlyList<string> TakeFullSyncs(IReadOnlyList<string> waiting)
    {
        lock (gate)
        {
            List<string> taken =
            [
                .. waiting
                    .Where(location => !running.Contains(location) && !resting.ContainsKey(location))
                    .Take(fullSyncs - syncing.Count),
            ];
            running.UnionWith(taken);
            syncing.UnionWith(taken);
            return taken;
        }
    }

    /// <summary>Leaves the place to a location that waits for one.</summary>
    /// <param name="turn">Ends when it is this location's turn again.</param>
    /// <returns>False where none waits and it keeps the place.</returns>
    public bool TryLeave(string locationId, out Task turn)
    {
        lock (gate)
        {
            if (!isCrowded || !running.Contains(locationId) || syncing.Contains(locationId))
            {
                turn = Task.CompletedTask;
                return false;
            }

            var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            left[locationId] = again;
            turn = again.Task;
            return true;
        }
    }

    public void End(string locationId)
    {
        lock (gate)
        {
            running.Remove(locationId);
            syncing.Remove(locationId);
            left.Remove(locationId);
        }
    }

    /// <summary>Gives the location no turn for a while.</summary>
    public void Rest(string locationId, TimeSpan length)
    {
        lock (gate)
        {
            resting[locationId] = (time.GetTimestamp(), length);
        }
    }

    private int PlacesTaken => running.Count - syncing.Count - left.Count;

    /// <returns>False where the location goes on with the turn that it left.</returns>
    private bool BeginTurn(string location)
    {
        lastTurns[location] = ++turns;
        if (left.Remove(location, out var again))
        {
            again.SetResult();
            return false;
        }

        return running.Add(location);
    }

    private void Forget(HashSet<string> due)
    {
        foreach (var idle in lastTurns.Keys.Where(location => !due.Contains(location)).ToList())
        {
            lastTurns.Remove(idle);
        }

        foreach (var (rested, (since, length)) in resting.ToList())
        {
            if (time.GetElapsedTime(since) >= length)
            {
                resting.Remove(rested);
            }
        }
    }
}
