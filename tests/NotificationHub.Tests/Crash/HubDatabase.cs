using System.Data.Common;
using System.Globalization;
using System.Net;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>Reads and locks the database of the hubs under test, from outside their processes.</summary>
internal sealed class HubDatabase(TestStore store)
{
    private const int CommandTookTooLong = -2;

    /// <summary>How long writes must fail for the database to count as locked.</summary>
    private static readonly TimeSpan BlockedFor = TimeSpan.FromSeconds(2);

    public TestStore Store => store;

    /// <summary>The database server; null for a file.</summary>
    public DnsEndPoint? Server => store.Server;

    /// <summary>The settings of a hub, which connects through <paramref name="proxy"/> if given.</summary>
    public IReadOnlyList<string> Settings(TcpProxy? proxy = null) => store.Through(proxy?.Port).Settings;

    public async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await OpenReaderAsync();
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await OpenReaderAsync();
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    public Task<long> CursorAsync(string name) =>
        ScalarAsync<long>("select coalesce(max(position), 0) from log_cursor where name = @name", new { name });

    /// <summary>Whether every notification is routed and every event published.</summary>
    public async Task<bool> IsDrainedAsync() =>
        await ScalarAsync<long>(
            """
            select
                (select count(*) from notification_log where seq > coalesce((select position from log_cursor where name = 'routing'), 0))
                + (
                    select count(*)
                    from event_log e
                    where e.seq > coalesce((select position from log_cursor c where c.name = concat('publishing:', e.topic)), 0)
                )
            """
        ) == 0;

    /// <summary>No notification waits for a relay target.</summary>
    public async Task<bool> IsRelayedAsync() =>
        await ScalarAsync<long>(
            """
            select
                (select count(*) from relay_delivery where state = 'pending')
                + (select count(*) from notification_log where seq > coalesce((select position from log_cursor where name = 'relay'), 0))
            """
        ) == 0;

    public async Task<bool> HasUnroutedAsync() =>
        await ScalarAsync<long>("select max(seq) from notification_log") > await CursorAsync("routing");

    /// <summary>The <see cref="SampleNotification.Identity"/> of each stored notification of a location.</summary>
    public async Task<IReadOnlyList<string>> NotificationsAsync(string locationId) =>
        [
            .. (
                await QueryAsync<(string Id, byte[] Sha256)>(
                    "select notification_id, body_sha256 from notification_log where location_id = @locationId order by seq",
                    new { locationId }
                )
            ).Select(row => $"{row.Id} {Convert.ToHexStringLower(row.Sha256)}"),
        ];

    /// <summary>Expires the leases of a killed hub at once, which saves the test a wait of some seconds.</summary>
    public async Task ExpireLeasesAsync(int processId)
    {
        await using var connection = await OpenWriterAsync();
        await connection.ExecuteAsync(
            "update lease set expires_at = 0 where owner like @owner",
            new { owner = OwnerPattern(processId) }
        );
    }

    /// <summary>The stages that a hub owns, and when its leases expire by the database's clock.</summary>
    public Task<IReadOnlyList<(string Name, long ExpiresAt)>> LeasesAsync(int processId) =>
        QueryAsync<(string Name, long ExpiresAt)>(
            """
            select name, expires_at
            from lease
            where (name = 'routing' or name like 'publishing:%') and owner like @owner
            """,
            new { owner = OwnerPattern(processId) }
        );

    /// <summary>Creates triggers that record every change of a lease's owner or fencing token, with the database's time.</summary>
    public async Task RecordTakeoversAsync()
    {
        await using var connection = await OpenWriterAsync();
        foreach (var statement in store.IsSqlServer ? TakeoverTrigger.OnSqlServer : TakeoverTrigger.OnSqlite)
        {
            await connection.ExecuteAsync(statement);
        }
    }

    public Task<IReadOnlyList<Takeover>> ReadTakeoversAsync() =>
        QueryAsync<Takeover>(
            """
            select id as Id, name as Name, old_owner as OldOwner, old_fencing_token as OldFencingToken, old_expires_at as OldExpiresAt,
                owner as Owner, fencing_token as FencingToken, at as At
            from lease_history
            order by id
            """
        );

    /// <summary>Checks that no crash has damaged the file; does nothing on a server.</summary>
    public async Task ShouldBeUndamagedAsync()
    {
        if (!store.IsSqlServer)
        {
            (await ScalarAsync<string>("pragma integrity_check")).ShouldBe("ok");
        }
    }

    /// <summary>The time by the database's clock.</summary>
    public Task<long> NowAsync() => ScalarAsync<long>(new SqlFiles($"{store.Provider}/Statements/")["Now"]);

    /// <summary>Locks the logs until the result is disposed of.</summary>
    public async Task<IAsyncDisposable> BlockWritesAsync()
    {
        var connection = await OpenWriterAsync();
        await connection.ExecuteAsync(store.IsSqlServer ? LockLogs(TimeSpan.FromSeconds(10)) : "begin immediate");
        return connection;
    }

    /// <summary>Whether writes still fail after a while.</summary>
    public async Task<bool> IsLockedAsync()
    {
        await using var connection = await OpenWriterAsync();
        try
        {
            if (store.IsSqlServer)
            {
                // A hub paused within a transaction has locked the row of its lease, and perhaps a log.
                return await connection.ExecuteScalarAsync<int>(
                        $"{LockLogs(BlockedFor)} update lease set fencing_token = fencing_token; rollback transaction; select @lock;",
                        commandTimeout: 3 * (int)BlockedFor.TotalSeconds
                    ) < 0;
            }

            // A separate command: errors after a statement that returns a row are not reported.
            await connection.ExecuteAsync($"pragma busy_timeout = {(int)BlockedFor.TotalMilliseconds}");
            await connection.ExecuteAsync("begin immediate; rollback", commandTimeout: 1);
            return false;
        }
        catch (DbException exception) when (IsBlocked(exception))
        {
            return true;
        }
    }

    public Task<DbConnection> OpenReaderAsync() => OpenAsync(SqliteOpenMode.ReadOnly);

    public Task<DbConnection> OpenWriterAsync() => OpenAsync(SqliteOpenMode.ReadWrite);

    // No parameters: they would need sp_executesql, which reports an error for a transaction left open.
    private static string LockLogs(TimeSpan timeout) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            set transaction isolation level read committed;
            begin transaction;
            declare @lock int,
                @notifications nvarchar(255) = concat('notificationhub:', db_name(), ':notification log'),
                @events nvarchar(255) = concat('notificationhub:', db_name(), ':event log');
            exec @lock = sp_getapplock @Resource = @notifications, @LockMode = 'Exclusive',
                @LockOwner = 'Transaction', @LockTimeout = {(int)timeout.TotalMilliseconds};
            if @lock >= 0
                exec @lock = sp_getapplock @Resource = @events, @LockMode = 'Exclusive',
                    @LockOwner = 'Transaction', @LockTimeout = {(int)timeout.TotalMilliseconds};
            """
        );

    private async Task<DbConnection> OpenAsync(SqliteOpenMode mode)
    {
        DbConnection connection = store.IsSqlServer
            // Not pooled: closing the connection must end a transaction that is still open.
            ? new SqlConnection(
                new SqlConnectionStringBuilder(store.ConnectionString) { Pooling = false }.ConnectionString
            )
            // Not pooled: an open connection that outlives the hub would spare the next hub the recovery.
            : new SqliteConnection(
                new SqliteConnectionStringBuilder
                {
                    DataSource = store.SqliteFile,
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

    private static bool IsBlocked(DbException exception) =>
        exception
            is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY }
                or SqlException { Number: CommandTookTooLong };
}

/// <summary>A change of a lease's owner; <paramref name="Owner"/> is null after a release.</summary>
internal sealed record Takeover(
    long Id,
    string Name,
    string? OldOwner,
    long OldFencingToken,
    long OldExpiresAt,
    string? Owner,
    long FencingToken,
    long At
);
