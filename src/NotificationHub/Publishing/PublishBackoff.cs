namespace NotificationHub.Publishing;

/// <summary>When a topic may be tried again: after the time that Service Bus asks for, or else exponentially later, with full jitter.</summary>
internal sealed class PublishBackoff(TimeProvider time, Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private int attempts;
    private long begunAt;
    private TimeSpan wait;

    /// <summary>What is left of the wait; zero when it is over.</summary>
    public TimeSpan Left => wait - time.GetElapsedTime(begunAt) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    public void Start(TimeSpan? retryAfter)
    {
        var ceiling = Math.Min(First.TotalSeconds * Math.Pow(2, attempts), Longest.TotalSeconds);
        attempts++;
        var delay = TimeSpan.FromSeconds(ceiling * random.NextDouble());
        (begunAt, wait) = (time.GetTimestamp(), retryAfter ?? delay);
    }

    public void Reset() => (attempts, wait) = (0, TimeSpan.Zero);
}
