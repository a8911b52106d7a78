namespace NotificationHub.Refetch;

/// <summary>
/// Whose turn it is. A location has one turn at a time, and who has waited longest since its last one comes first, so that
/// a location with a thousand targets does not delay one with a single target.
/// </summary>
internal sealed class TurnQueue(int parallel, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> lastTurns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> resting = new(StringComparer.Ordinal);
    private long turns;

    /// <summary>Takes as many of the locations as may be read now; each is to be given back by <see cref="End"/>.</summary>
    /// <param name="due">Those with due targets, the longest waiting ones first.</param>
    public IReadOnlyList<T> Take<T>(IReadOnlyList<T> due, Func<T, string> locationOf)
    {
        lock (gate)
        {
            Forget([.. due.Select(locationOf)]);
            List<T> taken =
            [
                .. due.Where(entry => !running.Contains(locationOf(entry)) && !resting.ContainsKey(locationOf(entry)))
                    .OrderBy(entry => lastTurns.GetValueOrDefault(locationOf(entry)))
                    .Take(parallel - running.Count),
            ];
            foreach (var location in taken.Select(locationOf))
            {
                running.Add(location);
                lastTurns[location] = ++turns;
            }

            return taken;
        }
    }

    public void End(string locationId)
    {
        lock (gate)
        {
            running.Remove(locationId);
        }
    }

    /// <summary>Gives the location no turn for a while.</summary>
    public void Rest(string locationId, TimeSpan length)
    {
        lock (gate)
        {
            resting[locationId] = time.GetUtcNow() + length;
        }
    }

    private void Forget(HashSet<string> due)
    {
        foreach (var idle in lastTurns.Keys.Where(location => !due.Contains(location)).ToList())
        {
            lastTurns.Remove(idle);
        }

        var now = time.GetUtcNow();
        foreach (var rested in resting.Where(pair => pair.Value <= now).Select(pair => pair.Key).ToList())
        {
            resting.Remove(rested);
        }
    }
}
