using NotificationHub.Storage;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>The time during which a location is read.</summary>
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
