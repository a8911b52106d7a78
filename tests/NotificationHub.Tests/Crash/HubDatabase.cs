using System.Data.Common;
using System.Globalization;
using System.Net;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>The database of hubs, looked at from outside while they run, or after.</summary>
internal sealed class HubDatabase(TestStore store)
{
    private const int CommandTookTooLong = -2;

    /// <summary>How long writes must fail until the database counts as locked.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(2);

    public TestStore Store => store;

    /// <summary>The server behind it, from which a hub can be cut off; null for a file.</summary>
    public DnsEndPoint? Server => store.Server;

    /// <summary>The settings by which a hub uses it.</summary>
    /// <param name="through">The gate on its way to <see cref="Server"/>, where there is one.</param>
    public IReadOnlyList<string> Settings(Gate? through = null) => store.Through(through?.Port).Settings;

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

    /// <summary>Nothing waits between the logs and the bus.</summary>
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

    public async Task<bool> HasUnroutedAsync() =>
        await ScalarAsync<long>("select max(seq) from notification_log") > await CursorAsync("routing");

    /// <summary>The notifications of a location that are kept, as a poster names its posts: id and digest.</summary>
    public async Task<IReadOnlyList<string>> NotificationsAsync(string locationId) =>
        [
            .. (
                await QueryAsync<(string Id, byte[] Sha256)>(
                    "select notification_id, body_sha256 from notification_log where location_id = @locationId order by seq",
                    new { locationId }
                )
            ).Select(row => $"{row.Id} {Convert.ToHexStringLower(row.Sha256)}"),
        ];

    /// <summary>What a dead hub held runs out now instead of in some seconds: the same as waiting, less the waiting.</summary>
    public async Task ExpireLeasesAsync(int processId)
    {
        await using var connection = await OpenWriterAsync();
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

    /// <summary>Creates triggers that record every change of a lease's owner or fencing token, with the database's time.</summary>
    public async Task KeepTakeoversAsync()
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
            select id as Id, name as Name, old_owner as OldOwner, old_number as OldNumber, old_expires_at as OldExpiresAt,
                owner as Owner, number as Number, at as At
            from lease_history
            order by id
            """
        );

    /// <summary>Fails where a crash has damaged the file; a server looks after its own.</summary>
    public async Task ShouldBeIntactAsync()
    {
        if (!store.IsSqlServer)
        {
            (await ScalarAsync<string>("pragma integrity_check")).ShouldBe("ok");
        }
    }

    /// <summary>The time by the database's clock.</summary>
    public Task<long> NowAsync() => ScalarAsync<long>(new SqlFiles($"{store.Provider}/Statements/")["Now"]);

    /// <summary>Locks the logs until the result is disposed of.</summary>
    public async Task<IAsyncDisposable> HoldWritesAsync()
    {
        var connection = await OpenWriterAsync();
        await connection.ExecuteAsync(store.IsSqlServer ? HoldLogs(TimeSpan.FromSeconds(10)) : "begin immediate");
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
                // A hub that was paused within a transaction holds the row of its lease, and perhaps the lock of a log.
                return await connection.ExecuteScalarAsync<int>(
                        $"{HoldLogs(Held)} update lease set fencing_token = fencing_token; rollback transaction; select @lock;",
                        commandTimeout: 3 * (int)Held.TotalSeconds
                    ) < 0;
            }

            // A command of its own: what comes behind a statement with a result fails without a word.
            await connection.ExecuteAsync($"pragma busy_timeout = {(int)Held.TotalMilliseconds}");
            await connection.ExecuteAsync("begin immediate; rollback", commandTimeout: 1);
            return false;
        }
        catch (DbException exception) when (IsHeld(exception))
        {
            return true;
        }
    }

    public Task<DbConnection> OpenReaderAsync() => OpenAsync(SqliteOpenMode.ReadOnly);

    public Task<DbConnection> OpenWriterAsync() => OpenAsync(SqliteOpenMode.ReadWrite);

    // With a parameter it would be a call of sp_executesql, which complains of a transaction that is left open.
    private static string HoldLogs(TimeSpan patience) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            set transaction isolation level read committed;
            begin transaction;
            declare @lock int,
                @notifications nvarchar(255) = concat('notificationhub:', db_name(), ':notification log'),
                @events nvarchar(255) = concat('notificationhub:', db_name(), ':event log');
            exec @lock = sp_getapplock @Resource = @notifications, @LockMode = 'Exclusive',
                @LockOwner = 'Transaction', @LockTimeout = {(int)patience.TotalMilliseconds};
            if @lock >= 0
                exec @lock = sp_getapplock @Resource = @events, @LockMode = 'Exclusive',
                    @LockOwner = 'Transaction', @LockTimeout = {(int)patience.TotalMilliseconds};
            """
        );

    private async Task<DbConnection> OpenAsync(SqliteOpenMode mode)
    {
        DbConnection connection = store.IsSqlServer
            // Not pooled: it may be given back with a transaction open, which ends with the connection.
            ? new SqlConnection(
                new SqlConnectionStringBuilder(store.ConnectionString) { Pooling = false }.ConnectionString
            )
            // Not pooled: a connection of ours that outlives the hub would spare the next one the recovery.
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

    private static bool IsHeld(DbException exception) =>
        exception
            is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY }
                or SqlException { Number: CommandTookTooLong };
}

/// <summary>A lease went from one owner to another, was taken, or given back (then <paramref name="Owner"/> is null).</summary>
internal sealed record Takeover(
    long Id,
    string Name,
    string? OldOwner,
    long OldNumber,
    long OldExpiresAt,
    string? Owner,
    long Number,
    long At
);
