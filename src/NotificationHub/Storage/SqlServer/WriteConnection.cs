using System.Globalization;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// A connection of the writer with its commit token: a row whose number each transaction increments when it commits. If the
/// response to a commit is lost, the token tells whether the transaction was committed.
/// </summary>
internal sealed class WriteConnection(
    SqlServerDatabase database,
    SqlConnection connection,
    long tokenId,
    TimeProvider time
) : IAsyncDisposable
{
    private const string CreateToken = """
        delete from commit_token
        where created_at < @oldest
            and token_id < (select min(token_id) from (select top (1000) token_id from commit_token order by token_id desc) newest);
        insert into commit_token (number, created_at) output inserted.token_id values (0, @now);
        """;

    // Waits for a transaction that still locks the row, because its commit may be in progress. A commit that the server has not started finds
    // the row changed since its snapshot, and is rejected. So the number is final.
    private const string Settle = """
        update commit_token
        set created_at = created_at + 1
        output inserted.number
        where token_id = @tokenId
        """;

    // Longer than MaxAge, so that the token of an open connection is not deleted. The newest 1,000 tokens remain in any case, because the clock
    // may have jumped ahead.
    private static readonly TimeSpan TokenRetention = TimeSpan.FromDays(7);
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    private readonly long openedAt = time.GetTimestamp();

    // A parameter would turn this into a call of sp_executesql, which fails if a transaction ends within it. NOCOUNT may be on for all
    // connections of a server, and then no statement returns the number of changed rows.
    private readonly string begin = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        set nocount off;
        set xact_abort on;
        set lock_timeout {(int)database.LockTimeout.TotalMilliseconds};
        set transaction isolation level snapshot;
        begin transaction;
        """
    );

    // If the server has already ended the transaction, the update would run in a transaction of its own.
    private readonly string commit = string.Create(
        CultureInfo.InvariantCulture,
        $"""
        if @@trancount = 0
            throw {SqlServerErrorCodes.EndedTransaction}, 'The transaction has ended before its commit.', 1;
        update commit_token set number = number + 1 where token_id = {tokenId};
        if @@rowcount = 0
            throw 50002, 'The commit token of this connection was deleted.', 1;
        commit transaction;
        """
    );
    private long number;

    public long TokenId => tokenId;

    public long Number => number;

    public bool IsUsable =>
        connection.State == System.Data.ConnectionState.Open && time.GetElapsedTime(openedAt) < MaxAge;

    public static async Task<WriteConnection> OpenAsync(
        SqlServerDatabase database,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var connection = await database.OpenWriterAsync(cancellationToken);
        try
        {
            var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
            var tokenId = await connection.ExecuteScalarAsync<long>(
                CreateToken,
                new { now, oldest = now - TokenRetention }
            );
            return new WriteConnection(database, connection, tokenId, time);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Prevents any later commit with this token.</summary>
    /// <returns>The token's final number; null if it was deleted.</returns>
    public static Task<long?> SettleAsync(SqlConnection connection, long tokenId) =>
        connection.ExecuteScalarAsync<long?>(Settle, new { tokenId });

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
