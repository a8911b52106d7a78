using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Tests.Crash;

/// <summary>The hub's database file, looked at from outside while the hub runs, or after.</summary>
internal sealed class HubFile(string path)
{
    public string Path => path;

    public async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await OpenAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await OpenAsync();
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    public Task<long> CursorAsync(string name) =>
        ScalarAsync<long>("select coalesce(max(position), 0) from log_cursor where name = @name", new { name });

    /// <summary>Nothing waits between the logs and the bus.</summary>
    public async Task<bool> IsDrainedAsync() =>
        await ScalarAsync<long>(
            """
            select
                (select count(*) from notification_log where seq > coalesce((select position from log_cursor where name = 'routing'), 0))
                + (
                    select count(*)
                    from event_log e
                    where e.seq > coalesce((select position from log_cursor where name = 'publishing:' || e.topic), 0)
                )
            """
        ) == 0;

    /// <summary>What a dead hub held runs out now instead of in some seconds: the same as waiting, less the waiting.</summary>
    public async Task ExpireLeasesAsync(int processId)
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        await connection.ExecuteAsync(
            "update lease set expires_at = 0 where owner like '%:' || @processId || ':%'",
            new { processId }
        );
    }

    /// <summary>The stages that this hub owns, and until when, by the database's clock.</summary>
    public Task<IReadOnlyList<(string Name, long ExpiresAt)>> LeasesOfAsync(int processId) =>
        QueryAsync<(string Name, long ExpiresAt)>(
            """
            select name, expires_at
            from lease
            where (name = 'routing' or name like 'publishing:%') and owner like '%:' || @processId || ':%'
            """,
            new { processId }
        );

    /// <summary>The time by the database's clock.</summary>
    public Task<long> NowAsync() => ScalarAsync<long>("select cast(unixepoch('subsec') * 1000 as integer)");

    /// <summary>Whether nobody can write, not even after a while.</summary>
    public async Task<bool> IsLockedAsync()
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        // A command of its own: what comes behind a statement with a result fails without a word.
        await connection.ExecuteAsync("pragma busy_timeout = 2000");
        try
        {
            await connection.ExecuteAsync("begin immediate; rollback", commandTimeout: 1);
            return false;
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_BUSY)
        {
            return true;
        }
    }

    public async Task<SqliteConnection> OpenAsync(SqliteOpenMode mode = SqliteOpenMode.ReadOnly)
    {
        // Not pooled: a connection of ours that outlives the hub would spare the next one the recovery.
        var builder = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = 30,
        };
        var connection = new SqliteConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
