namespace NotificationHub.Drill.Virtual;

/// <summary>A clock that skips every short wait and moves forward by it; long time limits never elapse.</summary>
internal sealed class SkippingClock : TimeProvider
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Lock access = new();
    private TimeSpan shift;
    private DateTimeOffset now = new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (access)
        {
            return now + shift;
        }
    }

    public long Milliseconds => GetUtcNow().ToUnixTimeMilliseconds();

    public override long GetTimestamp()
    {
        lock (access)
        {
            return now.UtcTicks;
        }
    }

    /// <summary>Sets the wall clock forward or back. Timestamps do not change.</summary>
    public void SetWall(TimeSpan by)
    {
        lock (access)
        {
            shift += by;
        }
    }

    public void Advance(TimeSpan by)
    {
        lock (access)
        {
            now += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= TimeSpan.Zero && dueTime <= LongestWait)
        {
            Advance(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }

        return new NoTimer();
    }

    private sealed class NoTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() { }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
