namespace NotificationHub.Storage;

/// <summary>
/// The clock of a database server, for all of a process: replicas must write times and evaluate each other's by one clock. It goes on from
/// the last time that a transaction read there by the machine's timestamps, which no setting of a clock changes.
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

    /// <param name="milliseconds">What the database's clock has just shown, in Unix milliseconds.</param>
    public void Note(long milliseconds) =>
        latest = new Reading(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), machine.GetTimestamp());

    private sealed record Reading(DateTimeOffset At, long Timestamp);
}
