using Dapper;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>How many bytes a table with its rows, or an index, takes.</summary>
internal sealed record StoredBytes(string What, long Bytes);

/// <summary>An engine to measure on: it makes stores, fills them, and leaves nothing behind.</summary>
internal abstract class GrowthGround : IAsyncDisposable
{
    public abstract string Engine { get; }

    /// <summary>SQLite always, and the SQL Server that the environment names.</summary>
    public static IEnumerable<GrowthGround> All()
    {
        yield return new SqliteGround();
        if (SqlServerGround.ConnectionString is { Length: > 0 } server)
        {
            yield return new SqlServerGround(server);
        }
    }

    /// <summary>Why it cannot be done here; null where it can.</summary>
    public abstract string? FindFault(GrowthOptions options);

    /// <summary>Makes a store whose log holds the posts from 1 to <paramref name="posts"/>.</summary>
    /// <param name="posts">How many.</param>
    /// <param name="routed">Whether they are routed and published, too.</param>
    public abstract Task<StorePlace> CreateAsync(long posts, bool routed);

    /// <summary>What both logs take. The store is of no use afterwards.</summary>
    public abstract Task<IReadOnlyList<StoredBytes>> MeasureBytesAsync(StorePlace place);

    /// <summary>Reads the index that finds repeats: a hub that takes posts all the time has touched all of it.</summary>
    public static async Task ReadIndexAsync(StorePlace place)
    {
        await using var database = place.Open();
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        await connection.ExecuteScalarAsync<long>(
            "select count(*) from notification_log where dedup_hash > -9223372036854775807 and body_hash <> 0",
            commandTimeout: 0
        );
    }

    public abstract Task DeleteAsync(StorePlace place);

    public abstract ValueTask DisposeAsync();

    protected static async Task MoveCursorAsync(WriteTransaction transaction, string name, long to)
    {
        var from = await transaction.ScalarAsync<long?>(
            "select position from log_cursor where name = @name",
            new { name }
        );
        await new LogCursor(name).MoveAsync(transaction, from ?? 0, to, now: 0);
    }
}
