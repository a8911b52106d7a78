namespace NotificationHub.Drill.Virtual;

/// <summary>
/// A clock that moves only when a test or drill moves it; timers fire on the thread that calls <see cref="Advance"/>.
/// Unlike <c>FakeTimeProvider</c>, it stops at each timer on the way, so that a loop of delays runs every time; it can
/// jump, so that a late timer fires once; it can set the wall clock without changing timestamps; and it reports when
/// the code under test waits for a timer.
/// </summary>
internal sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock access = new();
    private readonly List<ManualTimer> timers = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];
    private DateTimeOffset now = start;
    private TimeSpan shift;

    public ManualClock()
        : this(new DateTimeOffset(2026, 8, 1, 12, 0, 0, TimeSpan.Zero)) { }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        lock (access)
        {
            return now + shift;
        }
    }

    public override long GetTimestamp()
    {
        lock (access)
        {
            return now.UtcTicks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward, stopping at each timer on the way, in the order in which they are due.</summary>
    public void Advance(TimeSpan by)
    {
        var target = new DateTimeOffset(GetTimestamp(), TimeSpan.Zero) + by;
        while (TakeDue(target) is { } callback)
        {
            callback();
        }
    }

    /// <summary>Moves the clock forward at once, as if the machine had slept: a late timer fires once.</summary>
    public void Jump(TimeSpan by)
    {
        List<Action> due;
        lock (access)
        {
            now += by;
            due = [.. timers.Where(timer => timer.Due <= now).OrderBy(timer => timer.Due).ToList().Select(Take)];
        }

        due.ForEach(fire => fire());
    }

    /// <summary>Sets the wall clock forward or back. No timer fires, and timestamps do not change.</summary>
    public void SetWall(TimeSpan by)
    {
        lock (access)
        {
            shift += by;
        }
    }

    /// <summary>Completes when at least <paramref name="count"/> timers are pending: the code under test sleeps.</summary>
    public Task TimersPending(int count = 1)
    {
        lock (access)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((count, reached));
            Notify();
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(30), System);
        }
    }

    private Action? TakeDue(DateTimeOffset target)
    {
        lock (access)
        {
            if (timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due) is not { } next)
            {
                now = target;
                return null;
            }

            now = next.Due > now ? next.Due : now;
            return Take(next);
        }
    }

    private Action Take(ManualTimer timer)
    {
        if (timer.Period > TimeSpan.Zero)
        {
            // After a jump, more than one period may have passed.
            timer.Due += timer.Period * Math.Max(1, Math.Ceiling((now - timer.Due) / timer.Period));
        }
        else
        {
            timers.Remove(timer);
        }

        return timer.Fire;
    }

    private void Notify()
    {
        foreach (var watcher in watchers.Where(watcher => timers.Count >= watcher.Count).ToList())
        {
            watchers.Remove(watcher);
            watcher.Reached.SetResult();
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        public Action Fire => fire;

        public DateTimeOffset Due { get; set; }

        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.access)
            {
                clock.timers.Remove(this);
                Period = period;
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                Due = clock.now + dueTime;
                clock.timers.Add(this);
                clock.Notify();
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock.access)
            {
                clock.timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
