namespace NotificationHub.Storage;

/// <param name="Now">The current time, or an earlier one in case of doubt.</param>
/// <param name="Future">Rows with a later time were written while a clock was ahead.</param>
internal readonly record struct TrustedTime(DateTimeOffset Now, DateTimeOffset Future);

/// <summary>
/// The clock for deletes by age. If the database's clock jumps ahead of the elapsed time, even while the hub is stopped, this clock does
/// not follow until the database's clock has been steady for a day.
/// </summary>
internal sealed partial class TrustedClock(Database database, TimeProvider time, ILogger<TrustedClock> logger)
{
    /// <summary>The largest clock correction, or stop of a hub, that is trusted.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>How long a jump is not trusted. Meanwhile, rows are deleted later.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromDays(1);

    /// <summary>The stored time as SQL: at most a minute old while a hub runs; null before the first run.</summary>
    public const string StoredSql = "(select trusted_at from trusted_time where name = 'pruning')";

    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    private readonly Lock sync = new();
    private Anchor? anchor;
    private Jump? jump;
    private long? savedAt;

    /// <summary>Reads the time, and stores it every minute.</summary>
    public async Task<TrustedTime> ReadAsync(CancellationToken cancellationToken)
    {
        var read = await PeekAsync(cancellationToken);
        if (IsSaveDue())
        {
            await SaveAsync(read.Now, cancellationToken);
        }

        return read;
    }

    /// <summary>Reads the time without storing it, for callers that must not depend on the writer.</summary>
    public async Task<TrustedTime> PeekAsync(CancellationToken cancellationToken)
    {
        var stored = anchor is null ? await LoadAsync(cancellationToken) : null;
        DateTimeOffset trusted;
        DateTimeOffset now;
        lock (sync)
        {
            now = time.GetUtcNow();
            var timestamp = time.GetTimestamp();
            anchor ??= new Anchor(stored ?? now, timestamp);
            trusted = Evaluate(anchor, now, timestamp);
            anchor = new Anchor(trusted, timestamp);
        }

        return new TrustedTime(trusted, StoredTime.Later(now, trusted) + Tolerance);
    }

    private bool IsSaveDue()
    {
        lock (sync)
        {
            var timestamp = time.GetTimestamp();
            if (savedAt is { } last && time.GetElapsedTime(last, timestamp) < SaveInterval)
            {
                return false;
            }

            savedAt = timestamp;
            return true;
        }
    }

    private DateTimeOffset Evaluate(Anchor before, DateTimeOffset now, long timestamp)
    {
        var explained = before.At + time.GetElapsedTime(before.Timestamp, timestamp);
        var ahead = now - explained;
        if (ahead <= Tolerance)
        {
            jump = null;
            return now;
        }

        if (jump is null || (ahead - jump.Ahead).Duration() > Tolerance)
        {
            jump = new Jump(ahead, timestamp);
            Log.Jumped(logger, ahead, Doubt);
        }

        if (time.GetElapsedTime(jump.Timestamp, timestamp) < Doubt)
        {
            return explained;
        }

        jump = null;
        return now;
    }

    private Task<DateTimeOffset?> LoadAsync(CancellationToken cancellationToken) =>
        database.ScalarAsync<DateTimeOffset?>(
            "select trusted_at from trusted_time",
            parameters: null,
            cancellationToken
        );

    private Task SaveAsync(DateTimeOffset at, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    insert into trusted_time (name, trusted_at)
                    select 'pruning', @at
                    where not exists (select 1 from trusted_time where name = 'pruning')
                    """,
                    new { at }
                );
                await transaction.ExecuteAsync(
                    "update trusted_time set trusted_at = @at where name = 'pruning'",
                    new { at }
                );
            },
            cancellationToken
        );

    private sealed record Anchor(DateTimeOffset At, long Timestamp);

    private sealed record Jump(TimeSpan Ahead, long Timestamp);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "The system clock jumped ahead by {Ahead}. Deletion by age is paused until the clock has been steady for {Doubt}."
        )]
        public static partial void Jumped(ILogger logger, TimeSpan ahead, TimeSpan doubt);
    }
}
