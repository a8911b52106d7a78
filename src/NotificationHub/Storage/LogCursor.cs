using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <param name="EventEpoch">The epoch of new events.</param>
/// <param name="Changes">A counter that grows when rows that a stage may not have read yet are changed or deleted.</param>
internal readonly record struct CursorState(long Position, long EventEpoch, long Changes);

/// <summary>The <c>seq</c> up to which a stage has processed a log.</summary>
internal sealed class LogCursor(string name)
{
    public string Name => name;

    public Task<long> ReadAsync(DbConnection connection) =>
        connection.ExecuteScalarAsync<long>("select position from log_cursor where name = @name", new { name });

    /// <summary>Reads the position, and what a stage must know to read the rows after it from memory.</summary>
    public Task<CursorState> ReadStateAsync(DbConnection connection) =>
        connection.QueryFirstAsync<CursorState>(
            """
            select coalesce((select position from log_cursor where name = @name), 0) Position,
                (select max(epoch) from log_epoch where log = 'event') EventEpoch,
                (select value from change_counter where name = 'logs') Changes
            """,
            new { name }
        );

    /// <summary>The position of a stage and the time of its last progress; null before the first.</summary>
    public static Task<(long? Position, DateTimeOffset? LastProgressAt)> ReadAsync(
        DbConnection connection,
        string name
    ) =>
        connection.QueryFirstOrDefaultAsync<(long?, DateTimeOffset?)>(
            "select position, last_progress_at from log_cursor where name = @name",
            new { name }
        );

    /// <summary>Moves the cursor forward from the start of the pass to its end.</summary>
    /// <exception cref="InvalidOperationException">The cursor is not at <paramref name="from"/>. The transaction must not be committed.</exception>
    public async Task MoveAsync(WriteTransaction transaction, long from, long to, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(to, from);
        var moved = await transaction.ExecuteAsync(
            "update log_cursor set position = @to, last_progress_at = @now where name = @name and position = @from",
            new
            {
                name,
                from,
                to,
                now,
            }
        );
        if (moved == 0 && !(from == 0 && await InsertAsync(transaction, to, now)))
        {
            throw new InvalidOperationException($"The cursor '{name}' is no longer at {from}. Nothing was committed.");
        }
    }

    private async Task<bool> InsertAsync(WriteTransaction transaction, long to, DateTimeOffset now) =>
        await transaction.ExecuteAsync(
            """
            insert into log_cursor (name, position, last_progress_at)
            select @name, @to, @now
            where not exists (select 1 from log_cursor where name = @name)
            """,
            new
            {
                name,
                to,
                now,
            }
        ) == 1;
}
