namespace NotificationHub.Tests.Model;

/// <summary>A wall clock that may be wrong. Timestamps and timers follow the elapsed time, as on a real machine.</summary>
internal sealed class ShiftedClock(TimeProvider elapsed) : TimeProvider
{
    /// <summary>How far the clock is ahead; negative if it is behind.</summary>
    public TimeSpan Shift { get; set; }

    public override long TimestampFrequency => elapsed.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => elapsed.LocalTimeZone;

    public long Milliseconds => GetUtcNow().ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => elapsed.GetUtcNow() + Shift;

    public override long GetTimestamp() => elapsed.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        elapsed.CreateTimer(callback, state, dueTime, period);
}
