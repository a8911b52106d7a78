using NotificationHub.Storage;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>The place among the locations that are read at the same time, which a turn has for a while.</summary>
internal sealed class LocationSlot(
    LocationScheduler queue,
    string locationId,
    TimeSpan length,
    Signals pulses,
    TimeProvider time
)
{
    private long takenAt = time.GetTimestamp();

    public bool IsOver => time.GetElapsedTime(takenAt) >= length;

    /// <summary>
    /// Once the turn is over, lets another location that waits have the place, and returns when it is this one's turn again: a walk
    /// that is broken off would have to start anew and might never end.
    /// </summary>
    public async Task ShareAsync(CancellationToken cancellationToken)
    {
        if (IsOver && queue.TryLeave(locationId, out var turn))
        {
            pulses.TargetsRequested.Raise();
            await turn.WaitAsync(cancellationToken);
            takenAt = time.GetTimestamp();
        }
    }
}
