using Dapper;

namespace NotificationHub.Storage;

/// <summary>A time by which rows may be deleted. Unix milliseconds.</summary>
/// <param name="Now">The time, on the safe side.</param>
/// <param name="Future">A row that is younger was written while a clock was ahead.</param>
internal readonly record struct TrustedTime(long Now, long Future);

/// <summary>
/// The clock for what deletes rows by their age. It does not follow a jump that the elapsed time does not explain, also one from before
/// the last stop of the hub, until the clock has kept pace with the elapsed time for a day.
/// </summary>
internal sealed partial class TrustedClock(Database database, TimeProvider time, ILogger<TrustedClock> logger)
{
    /// <summary>How far a clock may be corrected at once, or a hub be stopped, without doubt.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <summary>For how long a jump is doubted. Until then what is to be deleted by it is only kept for longer.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromDays(1);

    private static readonly TimeSpan SaveInterval = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private Anchor? anchor;
    private Jump? jump;
    private long? savedAt;

    public async Task<TrustedTime> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = anchor is null ? await LoadAsync(cancellationToken) : null;
        DateTimeOffset trusted;
        DateTimeOffset now;
        bool save;
        lock (gate)
        {
            now = time.GetUtcNow();
            var timestamp = time.GetTimestamp();
            anchor ??= new Anchor(stored ?? now, timestamp);
            trusted = Judge(anchor, now, timestamp);
            anchor = new Anchor(trusted, timestamp);
            save = savedAt is not { } last || time.GetElapsedTime(last, timestamp) >= SaveInterval;
            savedAt = save ? timestamp : savedAt;
        }

        if (save)
        {
            await SaveAsync(trusted.ToUnixTimeMilliseconds(), cancellationToken);
        }

        return new TrustedTime(
            trusted.ToUnixTimeMilliseconds(),
            ((now > trusted ? now : trusted) + Tolerance).ToUnixTimeMilliseconds()
        );
    }

    private DateTimeOffset Judge(Anchor before, DateTimeOffset now, long timestamp)
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

    private async Task<DateTimeOffset?> LoadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var stored = await connection.QueryFirstOrDefaultAsync<long?>("select believed_at from trusted_time");
        return stored is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }

    private Task SaveAsync(long at, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    insert into trusted_time (name, believed_at)
                    select 'pruning', @at
                    where not exists (select 1 from trusted_time where name = 'pruning')
                    """,
                    new { at }
                );
                await transaction.ExecuteAsync(
                    "update trusted_time set believed_at = @at where name = 'pruning'",
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
            "The clock is {Ahead} ahead of what the elapsed time explains: nothing is deleted by that until it has been steady for {Doubt}."
        )]
        public static partial void Jumped(ILogger logger, TimeSpan ahead, TimeSpan doubt);
    }
}
