using System.Data.Common;
using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing;

/// <summary>The part of the event log that belongs to one topic, with its cursor and dead letters.</summary>
internal sealed class TopicLog(string topic, Database database, TimeProvider time)
{
    public const int PageSize = 1000;

    private const int ResendsPerPass = 100;

    // A larger backlog need not be counted exactly.
    private const int MaxCounted = 100_000;

    private static readonly TimeSpan CommitRetryDelay = TimeSpan.FromSeconds(1);

    private readonly LogCursor cursor = new(GetName(topic));

    /// <summary>The name of a topic's cursor and lease.</summary>
    public static string GetName(string topic) => $"publishing:{topic}";

    public async Task BeginAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (await database.ReadAsync(cursor.ReadAsync, cancellationToken) == 0)
        {
            await WriteAsync(
                lease,
                (transaction, now) => cursor.MoveAsync(transaction, from: 0, to: 0, now),
                cancellationToken
            );
        }
    }

    public async Task<(long Position, IReadOnlyList<EventEntry> Page)> ReadNextPageAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var state = await cursor.ReadStateAsync(connection);
        var recent = database.RecentEvents.Read(state, PageSize, appended => appended.Topic == topic);
        return (
            state.Position,
            recent?.Select(appended => appended.Row.ToEntry(appended.Seq, state.EventEpoch)).ToList()
                ?? await EventLog.ReadPageAsync(
                    connection,
                    state.Position,
                    new EventFilter(topic),
                    PageSize,
                    cancellationToken
                )
        );
    }

    public Task<IReadOnlyList<EventEntry>> ReadAfterAsync(long seq, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection => EventLog.ReadPageAsync(connection, seq, new EventFilter(topic), limit, cancellationToken),
            cancellationToken
        );

    /// <summary>Reads the dead letters to send again; the entry is null if the event is no longer in the log.</summary>
    public async Task<IReadOnlyList<(long Seq, EventEntry? Entry)>> ReadResendsAsync(
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var seqs = await connection.QueryAsync<long>(
            $"select event_seq from dead_letter where topic = @topic and state = @Resend order by event_seq {connection.Limit(ResendsPerPass)}",
            new { topic, DeadLetterState.Resend }
        );
        List<(long, EventEntry?)> resends = [];
        foreach (var seq in seqs)
        {
            resends.Add((seq, await EventLog.FindAsync(connection, seq)));
        }

        return resends;
    }

    /// <summary>Returns the number of unsent events, up to a limit, and the time of the oldest one.</summary>
    public async Task<(long Unsent, DateTimeOffset? Oldest)> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var position = await cursor.ReadAsync(connection);
        var index = connection.UseIndex("event_log_topic");
        var unsent = await connection.ExecuteScalarAsync<long>(
            $"""
            select count(*)
            from
            (
                select seq
                from event_log{index}
                where topic = @topic and seq > @position
                order by seq
                {connection.Limit(MaxCounted)}
            ) waiting
            """,
            new { topic, position }
        );
        return (unsent, await ReadOldestUnsentAsync(connection, topic, position));
    }

    /// <summary>Reads the position up to which the topic's events were sent; 0 if none was.</summary>
    public static Task<long> ReadPositionAsync(DbConnection connection, string topic) =>
        new LogCursor(GetName(topic)).ReadAsync(connection);

    /// <summary>The time of the topic's oldest event after a position; null if there is none.</summary>
    public static Task<DateTimeOffset?> ReadOldestUnsentAsync(DbConnection connection, string topic, long position)
    {
        var index = connection.UseIndex("event_log_topic");
        return connection.QueryFirstOrDefaultAsync<DateTimeOffset?>(
            $"select created_at from event_log{index} where topic = @topic and seq > @position order by seq {connection.Limit("1")}",
            new { topic, position }
        );
    }

    /// <summary>Counts the topic's events after a position, up to another.</summary>
    public static Task<long> CountAsync(DbConnection connection, string topic, long after, long upTo)
    {
        var index = connection.UseIndex("event_log_topic");
        return connection.ExecuteScalarAsync<long>(
            $"select count(*) from event_log{index} where topic = @topic and seq > @after and seq <= @upTo",
            new
            {
                topic,
                after,
                upTo,
            }
        );
    }

    /// <summary>Moves the cursor and stores the dead letters in one transaction.</summary>
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
                // First: if a commit succeeded but its response was lost, the retry must find the cursor moved, not a duplicate key.
                await cursor.MoveAsync(transaction, from, to, now);
                foreach (var rejected in deadLettered)
                {
                    await DeadLetterStore.AddAsync(transaction, rejected, now);
                }

                var announcements = deadLettered
                    .Select(rejected => DeadLetterStore.CreateEvent(rejected, now))
                    .OfType<NewEvent>();
                transaction.AppendEvents([.. announcements]);
            },
            cancellationToken
        );

    public Task ResolveResendAsync(Lease lease, long seq, CancellationToken cancellationToken) =>
        WriteAsync(lease, (transaction, now) => DeadLetterStore.ResolveAsync(transaction, seq, now), cancellationToken);

    public Task ReopenAsync(Lease lease, long seq, string reason, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            (transaction, now) => DeadLetterStore.ReopenAsync(transaction, seq, reason, now),
            cancellationToken
        );

    // The batch is sent already. So if the database is unavailable, retry only the commit, and let a shutdown wait for it.
    private async Task WriteAsync(
        Lease lease,
        Func<WriteTransaction, DateTimeOffset, Task> work,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            try
            {
                await database.WriteAsync(
                    lease,
                    transaction => work(transaction, time.GetStoredUtcNow()),
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
