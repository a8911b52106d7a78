namespace NotificationHub.Tests.Model;

/// <summary>A wall clock that is set wrong. Timestamps and timers follow the elapsed time, as on a real machine.</summary>
internal sealed class ShiftedClock(TimeProvider passing) : TimeProvider
{
    /// <summary>How far it is ahead; negative: behind.</summary>
    public TimeSpan Shift { get; set; }

    public override long TimestampFrequency => passing.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => passing.LocalTimeZone;

    public long Milliseconds => GetUtcNow().ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => passing.GetUtcNow() + Shift;

    public override long GetTimestamp() => passing.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        passing.CreateTimer(callback, state, dueTime, period);
}
