using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing;

/// <summary>The event log as the publisher of one topic sees it: what is due after its cursor, and how it moves on.</summary>
internal sealed class TopicLog(string topic, Database database, TimeProvider time)
{
    public const int PageSize = 1000;

    private const int ResendsPerPass = 100;

    /// <summary>Where counting the backlog ends: beyond it the exact number says nothing more.</summary>
    private const int MaxCounted = 100_000;

    private static readonly TimeSpan CommitRetryDelay = TimeSpan.FromSeconds(1);

    private readonly LogCursor cursor = new(NameOf(topic));

    /// <summary>The name of a topic's cursor and lease.</summary>
    public static string NameOf(string topic) => $"publishing:{topic}";

    /// <summary>Creates the topic's cursor if there is none yet.</summary>
    public async Task BeginAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (await cursor.ReadAsync(connection) == 0)
        {
            await WriteAsync(
                lease,
                (transaction, now) => cursor.MoveAsync(transaction, from: 0, to: 0, now),
                cancellationToken
            );
        }
    }

    public async Task<(long Position, IReadOnlyList<EventEntry> Page)> ReadDueAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var position = await cursor.ReadAsync(connection);
        return (
            position,
            await EventLog.ReadPageAsync(connection, position, new EventFilter(topic), PageSize, cancellationToken)
        );
    }

    public async Task<IReadOnlyList<EventEntry>> ReadAfterAsync(
        long seq,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await EventLog.ReadPageAsync(connection, seq, new EventFilter(topic), limit, cancellationToken);
    }

    /// <summary>The dead letters that somebody wants sent again; without an event where it is no longer in the log.</summary>
    public async Task<IReadOnlyList<(long Seq, EventEntry? Entry)>> ReadResendsAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var seqs = await connection.QueryAsync<long>(
            $"select event_seq from dead_letter where topic = @topic and state = @Resend order by event_seq {connection.Limit("@ResendsPerPass")}",
            new
            {
                topic,
                DeadLetterState.Resend,
                ResendsPerPass,
            }
        );
        List<(long, EventEntry?)> resends = [];
        foreach (var seq in seqs)
        {
            resends.Add((seq, await EventLog.FindAsync(connection, seq)));
        }

        return resends;
    }

    /// <summary>How many events wait, up to a bound, and since when the first does.</summary>
    public async Task<(long Unsent, DateTimeOffset? Oldest)> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var position = await cursor.ReadAsync(connection);
        var index = connection.UseIndex("event_log_topic");
        var unsent = await connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from (select seq from event_log{index} where topic = @topic and seq > @position order by seq {connection.Limit(
                "@MaxCounted"
            )}) waiting
            """,
            new
            {
                topic,
                position,
                MaxCounted,
            }
        );
        var oldest = await connection.QueryFirstOrDefaultAsync<long?>(
            $"select created_at from event_log{index} where topic = @topic and seq > @position order by seq {connection.Limit("1")}",
            new { topic, position }
        );
        return (unsent, oldest is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    /// <summary>Moves the cursor over what was sent, and sets aside, in the same transaction, what will not be.</summary>
    public Task CommitAsync(
        Lease lease,
        long from,
        long to,
        IReadOnlyList<RejectedEvent> deadLettered,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            lease,
            async (transaction, now) =>
            {
                foreach (var refused in deadLettered)
                {
                    await DeadLetterWrites.AddAsync(transaction, refused, now);
                }

                await cursor.MoveAsync(transaction, from, to, now);
                var announcements = deadLettered
                    .Select(refused => DeadLetterWrites.Announce(refused, now))
                    .OfType<NewEvent>();
                transaction.AppendEvents([.. announcements]);
            },
            cancellationToken
        );

    public Task SettleResendAsync(Lease lease, long seq, CancellationToken cancellationToken) =>
        WriteAsync(lease, (transaction, now) => DeadLetterWrites.SettleAsync(transaction, seq, now), cancellationToken);

    public Task ReopenAsync(Lease lease, long seq, string reason, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            (transaction, now) => DeadLetterWrites.ReopenAsync(transaction, seq, reason, now),
            cancellationToken
        );

    // What was sent is sent: while the store takes nothing, only the commit is tried again, and a stop lets it finish.
    private async Task WriteAsync(
        Lease lease,
        Func<WriteTransaction, long, Task> work,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            try
            {
                await database.WriteAsync(
                    async transaction =>
                    {
                        await lease.EnsureAsync(transaction);
                        await work(transaction, time.GetUtcNow().ToUnixTimeMilliseconds());
                    },
                    CancellationToken.None
                );
                return;
            }
            catch (StorageUnavailableException) when (!cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(CommitRetryDelay, time, cancellationToken);
            }
        }
    }
}
