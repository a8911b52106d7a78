using System.Data.Common;
using System.Net;
using Dapper;

namespace NotificationHub.Tests.Crash;

/// <summary>The database of hubs that run in processes of their own, looked at from outside. An engine is a subclass.</summary>
internal abstract class HubDatabase
{
    /// <summary>The server behind it, from which a hub can be cut off; null for a file.</summary>
    public virtual DnsEndPoint? Server => null;

    /// <summary>The settings by which a hub uses it.</summary>
    /// <param name="through">The gate on its way to <see cref="Server"/>, where there is one.</param>
    public abstract IReadOnlyList<string> Settings(Gate? through = null);

    /// <summary>For reading.</summary>
    public abstract Task<DbConnection> OpenReaderAsync();

    /// <summary>Nobody else can write until what this returns is disposed of.</summary>
    public abstract Task<IAsyncDisposable> HoldWritesAsync();

    /// <summary>Fails where the engine itself finds fault with it.</summary>
    public abstract Task ShouldBeIntactAsync();

    /// <summary>From now on has the database keep every change of a lease's owner or number, with its own clock's time.</summary>
    public abstract Task KeepTakeoversAsync();

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

    public Task<IReadOnlyList<Takeover>> ReadTakeoversAsync() =>
        QueryAsync<Takeover>(
            """
            select id as Id, name as Name, old_owner as OldOwner, old_number as OldNumber, old_expires_at as OldExpiresAt,
                owner as Owner, number as Number, at as At
            from lease_history
            order by id
            """
        );
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
