using Dapper;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>The size of a table or index, in bytes.</summary>
internal sealed record StoredBytes(string What, long Bytes);

/// <summary>A database engine to measure: it creates stores, fills them, and deletes them.</summary>
internal abstract class GrowthEngine : IAsyncDisposable
{
    public abstract string Engine { get; }

    /// <summary>SQLite, and SQL Server if the environment names one.</summary>
    public static IEnumerable<GrowthEngine> All()
    {
        yield return new SqliteGrowthEngine();
        if (SqlServerGrowthEngine.ConnectionString is { Length: > 0 } server)
        {
            yield return new SqlServerGrowthEngine(server);
        }
    }

    /// <summary>Why it cannot be measured here; null if it can.</summary>
    public abstract string? FindFault(GrowthOptions options);

    /// <summary>Creates a store whose log contains the notifications from 1 to <paramref name="notifications"/>.</summary>
    /// <param name="routed">Whether they are also routed and published.</param>
    public abstract Task<StoreSettings> CreateAsync(long notifications, bool routed);

    /// <summary>Measures the size of both logs. The store is unusable afterwards.</summary>
    public abstract Task<IReadOnlyList<StoredBytes>> MeasureBytesAsync(StoreSettings store);

    /// <summary>Reads the deduplication index, as a hub under constant load has done.</summary>
    public static async Task ReadIndexAsync(StoreSettings store)
    {
        await using var database = store.Open();
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        await connection.ExecuteScalarAsync<long>(
            "select count(*) from notification_log where dedup_hash > -9223372036854775807 and body_hash <> 0",
            commandTimeout: 0
        );
    }

    public abstract Task DeleteAsync(StoreSettings store);

    public abstract ValueTask DisposeAsync();

    protected static async Task MoveCursorAsync(WriteTransaction transaction, string name, long to)
    {
        var from = await transaction.ScalarAsync<long?>(
            "select position from log_cursor where name = @name",
            new { name }
        );
        await new LogCursor(name).MoveAsync(transaction, from ?? 0, to, DateTimeOffset.UnixEpoch);
    }
}
