using System.Collections.Concurrent;

namespace NotificationHub.Refetch.Scheduling;

internal sealed class RunningSlots
{
    private readonly ConcurrentDictionary<object, (string LocationId, Task Slot)> slots = new();

    public IEnumerable<string> Locations => slots.Values.Select(slot => slot.LocationId);

    /// <param name="slot">Must not throw.</param>
    public void Start(string locationId, Func<Task> slot)
    {
        var key = new object();
        Task<Task> start = new(() => RunAsync(key, slot));
        // Add the entry before the slot starts: otherwise, a slot that ends at once would leave an entry, and its shard would
        // be busy forever.
        slots[key] = (locationId, start.Unwrap());
        start.Start(TaskScheduler.Default);
    }

    public Task WhenEndedAsync() => Task.WhenAll(slots.Values.Select(slot => slot.Slot));

    private async Task RunAsync(object key, Func<Task> slot)
    {
        try
        {
            await slot();
        }
        finally
        {
            slots.TryRemove(key, out _);
        }
    }
}
