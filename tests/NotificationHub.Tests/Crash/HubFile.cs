using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Tests.Crash;

/// <summary>The hub's database file, looked at from outside while the hub runs, or after.</summary>
internal sealed class HubFile(string path) : HubDatabase
{
    public string Path => path;

    public override IReadOnlyList<string> Settings(Gate? through = null) =>
        [$"Storage:ConnectionString=Data Source={path}"];

    public override async Task<DbConnection> OpenReaderAsync() => await OpenAsync();

    public override async Task<IAsyncDisposable> HoldWritesAsync()
    {
        var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        await connection.ExecuteAsync("begin immediate");
        return connection;
    }

    public override async Task ShouldBeIntactAsync() =>
        (await ScalarAsync<string>("pragma integrity_check")).ShouldBe("ok");

    public override async Task KeepTakeoversAsync()
    {
        await using var connection = await OpenAsync(SqliteOpenMode.ReadWrite);
        await connection.ExecuteAsync(
            """
            create table lease_history (
                id             integer primary key,
                name           text    not null,
                old_owner      text    null,
                old_number     integer not null,
                old_expires_at integer not null,
                owner          text    null,
                number         integer not null,
                at             integer not null
            );

            create trigger lease_changed after update on lease
            when new.owner is not old.owner or new.number <> old.number
            begin
                insert into lease_history (name, old_owner, old_number, old_expires_at, owner, number, at)
                values (new.name, old.owner, old.number, old.expires_at, new.owner, new.number,
                    cast(unixepoch('subsec') * 1000 as integer));
            end;
            """
        );
    }

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
