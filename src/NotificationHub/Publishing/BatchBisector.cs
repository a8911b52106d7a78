namespace NotificationHub.Publishing;

/// <summary>
/// Finds out which events of a refused batch are at fault: batches are halved until one event alone is refused. That one
/// is under suspicion until the broker accepts a later one; before, the fault may be the topic's.
/// </summary>
internal sealed class BatchBisector
{
    private readonly List<RejectedEvent> suspects = [];
    private long refusedUpTo;

    /// <summary>How many events the next batch may hold.</summary>
    public int MaxCount { get; private set; } = int.MaxValue;

    /// <summary>The events that were refused alone, one after another, since one was last accepted.</summary>
    public IReadOnlyList<RejectedEvent> Suspects => suspects;

    /// <summary>Judges afresh what an earlier pass left undecided, beginning with small batches if that did not get through.</summary>
    public void BeginPass()
    {
        suspects.Clear();
        refusedUpTo = 0;
    }

    public void BatchRefused(int count, long lastSeq)
    {
        refusedUpTo = Math.Max(refusedUpTo, lastSeq);
        MaxCount = count / 2;
    }

    public void EventRefused(RejectedEvent refused)
    {
        suspects.Add(refused);
        MaxCount = 1;
    }

    /// <summary>Adds an event that can never be sent to the suspects; it proves nothing about the topic.</summary>
    public void DamageFound(RejectedEvent damaged) => suspects.Add(damaged);

    /// <summary>A batch was accepted and all before it is dealt with.</summary>
    public void Accepted(long lastSeq)
    {
        if (suspects.Count > 0 || lastSeq >= refusedUpTo)
        {
            MaxCount = int.MaxValue;
        }

        suspects.Clear();
    }
}
