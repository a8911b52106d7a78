using System.Collections.Concurrent;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>The turns that are running in this process.</summary>
internal sealed class RunningSlots
{
    private readonly ConcurrentDictionary<object, (string LocationId, Task Turn)> turns = new();

    public IEnumerable<string> Locations => turns.Values.Select(turn => turn.LocationId);

    /// <summary>Runs the turn on the thread pool.</summary>
    /// <param name="turn">Must not throw.</param>
    public void Start(string locationId, Func<Task> turn)
    {
        var key = new object();
        Task<Task> start = new(() => RunAsync(key, turn));
        // Add the entry before the turn starts: otherwise, a turn that ends immediately would leave an entry, and its shard would be busy forever.
        turns[key] = (locationId, start.Unwrap());
        start.Start(TaskScheduler.Default);
    }

    /// <summary>Completes when all turns have ended.</summary>
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
