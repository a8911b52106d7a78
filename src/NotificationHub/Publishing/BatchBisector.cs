namespace NotificationHub.Publishing;

/// <summary>Finds the events that cause the rejection of a batch: halves batches until one event alone is rejected.</summary>
// That event is a suspect until the topic accepts a later one; until then, the topic may be the cause.
internal sealed class BatchBisector
{
    private readonly List<RejectedEvent> suspects = [];
    private long rejectedUpTo;

    /// <summary>The maximum number of events in the next batch.</summary>
    public int MaxCount { get; private set; } = int.MaxValue;

    /// <summary>The events that were rejected alone since the topic last accepted one.</summary>
    public IReadOnlyList<RejectedEvent> Suspects => suspects;

    /// <summary>Whether a batch was rejected, and the cause is not known yet.</summary>
    public bool IsSearching => suspects.Count > 0 || MaxCount < int.MaxValue;

    public void BeginPass()
    {
        suspects.Clear();
        rejectedUpTo = 0;
    }

    public void BatchRejected(int count, long lastSeq)
    {
        rejectedUpTo = Math.Max(rejectedUpTo, lastSeq);
        MaxCount = count / 2;
    }

    public void EventRejected(RejectedEvent rejected)
    {
        suspects.Add(rejected);
        MaxCount = 1;
    }

    /// <summary>Adds an event that can never be sent; it says nothing about the topic.</summary>
    public void DamageFound(RejectedEvent damaged) => suspects.Add(damaged);

    /// <summary>Ends the search if the accepted batch reaches beyond the rejected ones.</summary>
    public void Accepted(long lastSeq)
    {
        if (suspects.Count > 0 || lastSeq >= rejectedUpTo)
        {
            MaxCount = int.MaxValue;
        }

        suspects.Clear();
    }
}
