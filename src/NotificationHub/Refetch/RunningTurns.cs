using System.Collections.Concurrent;

namespace NotificationHub.Refetch;

/// <summary>The turns that are under way in this process.</summary>
internal sealed class RunningTurns
{
    private readonly ConcurrentDictionary<object, (string LocationId, Task Turn)> turns = new();

    public IEnumerable<string> Locations => turns.Values.Select(turn => turn.LocationId);

    /// <summary>Runs the turn on the pool.</summary>
    /// <param name="turn">Throws nothing.</param>
    public void Start(string locationId, Func<Task> turn)
    {
        var key = new object();
        Task<Task> start = new(() => RunAsync(key, turn));
        // Before it starts: one that ends at once would leave an entry behind, and its shard would count as busy forever.
        turns[key] = (locationId, start.Unwrap());
        start.Start(TaskScheduler.Default);
    }

    /// <summary>Completes once all of them have ended.</summary>
    public Task EndAsync() => Task.WhenAll(turns.Values.Select(turn => turn.Turn));

    private async Task RunAsync(object key, Func<Task> turn)
    {
        try
        {
            await turn();
        }
        finally
        {
            turns.TryRemove(key, out _);
        }
    }
}
