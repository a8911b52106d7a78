using System.Data.Common;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>The hub's database, looked at from outside while the hub runs, or after.</summary>
internal sealed class HubFile(TestStore store)
{
    /// <summary>So long nobody may have been able to write before it counts as being held.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(2);

    /// <summary>On SQLite, whichever engine the environment chooses.</summary>
    public HubFile(string path)
        : this(TestStore.OnSqlite(path)) { }

    public TestStore Store => store;

    public string Path =>
        store.SqliteFile ?? throw new InvalidOperationException("The database is none of SQLite's, and has no file.");

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
                    where e.seq > coalesce((select position from log_cursor where name = concat('publishing:', e.topic)), 0)
                )
            """
        ) == 0;

    /// <summary>What a dead hub held runs out now instead of in some seconds: the same as waiting, less the waiting.</summary>
    public async Task ExpireLeasesAsync(int processId)
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        await connection.ExecuteAsync(
            "update lease set expires_at = 0 where owner like @owner",
            new { owner = OwnerPattern(processId) }
        );
    }

    /// <summary>The stages that this hub owns, and until when, by the database's clock.</summary>
    public Task<IReadOnlyList<(string Name, long ExpiresAt)>> LeasesOfAsync(int processId) =>
        QueryAsync<(string Name, long ExpiresAt)>(
            """
            select name, expires_at
            from lease
            where (name = 'routing' or name like 'publishing:%') and owner like @owner
            """,
            new { owner = OwnerPattern(processId) }
        );

    /// <summary>The notifications that are kept, as a poster names its posts: id and digest.</summary>
    public async Task<IReadOnlyList<string>> NotificationsAsync() =>
        [
            .. (
                await QueryAsync<(string Id, byte[] Sha256)>(
                    "select notification_id, body_sha256 from notification_log order by seq"
                )
            ).Select(row => $"{row.Id} {Convert.ToHexStringLower(row.Sha256)}"),
        ];

    /// <summary>What a crash has done to the file; a server looks after its own.</summary>
    public Task<string> IntegrityAsync() =>
        store.IsSqlServer ? Task.FromResult("ok") : ScalarAsync<string>("pragma integrity_check");

    /// <summary>The time by the database's clock.</summary>
    public Task<long> NowAsync() => ScalarAsync<long>(new SqlFiles($"{store.Provider}/Statements/")["Now"]);

    /// <summary>Whether nobody can write, not even after a while.</summary>
    public async Task<bool> IsLockedAsync()
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        try
        {
            if (!store.IsSqlServer)
            {
                // A command of its own: what comes behind a statement with a result fails without a word.
                await connection.ExecuteAsync($"pragma busy_timeout = {(int)Held.TotalMilliseconds}");
                await connection.ExecuteAsync("begin immediate; rollback", commandTimeout: 1);
                return false;
            }

            // A hub that was paused within a transaction holds the row of its lease, and perhaps the lock of a log.
            return await connection.ExecuteScalarAsync<int>(
                    """
                    set transaction isolation level read committed;
                    begin transaction;
                    declare @lock int;
                    exec @lock = sp_getapplock @Resource = 'notificationhub:notification log', @LockMode = 'Exclusive',
                        @LockOwner = 'Transaction', @LockTimeout = @held;
                    if @lock >= 0
                        exec @lock = sp_getapplock @Resource = 'notificationhub:event log', @LockMode = 'Exclusive',
                            @LockOwner = 'Transaction', @LockTimeout = @held;
                    update lease set number = number;
                    rollback transaction;
                    select @lock;
                    """,
                    new { held = (int)Held.TotalMilliseconds },
                    commandTimeout: 3 * (int)Held.TotalSeconds
                ) < 0;
        }
        catch (DbException exception) when (IsHeld(exception))
        {
            return true;
        }
    }

    public async Task<DbConnection> OpenAsync(SqliteOpenMode mode = SqliteOpenMode.ReadOnly)
    {
        DbConnection connection = store.IsSqlServer
            ? new SqlConnection(store.ConnectionString)
            // Not pooled: a connection of ours that outlives the hub would spare the next one the recovery.
            : new SqliteConnection(
                new SqliteConnectionStringBuilder
                {
                    DataSource = Path,
                    Mode = mode,
                    Pooling = false,
                    DefaultTimeout = 30,
                }.ConnectionString
            );
        await connection.OpenAsync();
        if (store.IsSqlServer)
        {
            await connection.ExecuteAsync("set transaction isolation level snapshot");
        }

        return connection;
    }

    private static string OwnerPattern(int processId) => $"%:{processId}:%";

    private static bool IsHeld(DbException exception) =>
        exception
            is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY }
                or SqlException { Number: CommandTookTooLong };

    private const int CommandTookTooLong = -2;
}
