namespace NotificationHub.Storage;

/// <summary>
/// The clock of a database server: replicas must write and evaluate times by the same clock. It is the last time that a
/// transaction read from the server plus the machine's elapsed time, which clock changes do not affect.
/// </summary>
internal sealed class DatabaseTime(TimeProvider machine) : TimeProvider
{
    private volatile Reading? latest;

    public override long TimestampFrequency => machine.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() =>
        latest is { } reading ? reading.At + machine.GetElapsedTime(reading.Timestamp) : machine.GetUtcNow();

    public override long GetTimestamp() => machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        machine.CreateTimer(callback, state, dueTime, period);

    public void Record(DateTimeOffset now) => latest = new Reading(now, machine.GetTimestamp());

    private sealed record Reading(DateTimeOffset At, long Timestamp);
}
