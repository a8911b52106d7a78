using System.Globalization;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// A connection of the write lane with its mark: a row whose number each of its transactions raises with the commit, in one round trip. Where
/// the answer to a commit is lost, the mark tells whether there was one.
/// </summary>
internal sealed class WriteConnection(
    SqlServerDatabase database,
    SqlConnection connection,
    long mark,
    TimeProvider time
) : IAsyncDisposable
{
    private const string Make = """
        delete from commit_token
        where created_at < @forgotten
            and token_id < (select min(token_id) from (select top (1000) token_id from commit_token order by token_id desc) newest);
        insert into commit_token (number, created_at) output inserted.token_id values (0, @now);
        """;

    // Waits for a transaction that still holds the row: the commit that was sent last may be under way. One that the server has not come to yet
    // finds the row changed since its snapshot, and is refused: what is read here is final.
    private const string Settle = """
        update commit_token
        set created_at = created_at + 1
        output inserted.number
        where token_id = @mark
        """;

    // A connection is replaced long before, so that its mark is not deleted while it is open. The newest marks stay in any case: by a clock that
    // has jumped ahead, those of open connections would be old.
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(7);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly long openedAt = time.GetTimestamp();

    // A parameter would turn this into a call of sp_executesql, which fails if a transaction ends within it. NOCOUNT may be on for all
    // connections of a server, and then no statement returns the number of changed rows.
    private readonly string begin = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        set nocount off;
        set xact_abort on;
        set lock_timeout {(int)database.Patience.TotalMilliseconds};
        set transaction isolation level snapshot;
        begin transaction;
        """
    );

    // Where the server has ended the transaction unseen, what follows would be one of its own.
    private readonly string commit = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        if @@trancount = 0
            throw {SqlServerErrorCodes.EndedTransaction}, 'The transaction has ended before its commit.', 1;
        update commit_token set number = number + 1 where token_id = {mark};
        if @@rowcount = 0
            throw 50002, 'The mark of this connection is gone.', 1;
        commit transaction;
        """
    );
    private long number;

    public long Mark => mark;

    public long Number => number;

    public bool IsUsable =>
        connection.State == System.Data.ConnectionState.Open && time.GetElapsedTime(openedAt) < Longest;

    public static async Task<WriteConnection> OpenAsync(
        SqlServerDatabase database,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var connection = await database.OpenWriterAsync(cancellationToken);
        try
        {
            var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
            var mark = await connection.ExecuteScalarAsync<long>(
                Make,
                new { now, forgotten = now - (long)Forgotten.TotalMilliseconds }
            );
            return new WriteConnection(database, connection, mark, time);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sees to it that no commit of the mark's connection comes any more.</summary>
    /// <returns>The number that the mark has for good; null where it is gone.</returns>
    public static Task<long?> SettleAsync(SqlConnection connection, long mark) =>
        connection.ExecuteScalarAsync<long?>(Settle, new { mark });

    public async Task<WriteTransaction> BeginAsync()
    {
        await connection.ExecuteAsync(begin);
        return new WriteTransaction(database, connection);
    }

    public Task CommitAsync()
    {
        number++;
        return connection.ExecuteAsync(commit);
    }

    public Task RollBackAsync() => connection.ExecuteAsync("if @@trancount > 0 rollback transaction");

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
