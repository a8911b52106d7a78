using Dapper;
using Microsoft.Data.SqlClient;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Publishing;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>Temporary databases on a SQL Server, which has its own memory and disks.</summary>
internal sealed class SqlServerGrowthEngine(string server) : GrowthEngine
{
    private const string Variable = "NOTIFICATIONHUB_TEST_SQLSERVER";
    private const int RowsPerBatch = 4_000;

    private readonly LogRows rows = new();
    private readonly List<StoreSettings> stores = [];

    public static string? ConnectionString => Environment.GetEnvironmentVariable(Variable);

    public override string Engine => StorageOptions.SqlServer;

    public override string? FindFault(GrowthOptions options)
    {
        Console.Error.WriteLine(
            $"This fills databases on the SQL Server of {Variable}: about 2 GiB for each million notifications."
        );
        return null;
    }

    public override async Task<StoreSettings> CreateAsync(long notifications, bool routed)
    {
        var name = $"nh_benchmark_{Guid.NewGuid():N}";
        await ExecuteAsync($"create database {name}");
        var builder = new SqlConnectionStringBuilder(server) { InitialCatalog = name };
        var store = new StoreSettings(StorageOptions.SqlServer, builder.ConnectionString);
        stores.Add(store);
        await using var database = store.Open();
        await database.OpenAsync(CancellationToken.None);
        for (var first = 1L; first <= notifications; first += RowsPerBatch)
        {
            await FillAsync(database, first, Math.Min(first + RowsPerBatch - 1, notifications), routed);
        }

        return store;
    }

    public override async Task<IReadOnlyList<StoredBytes>> MeasureBytesAsync(StoreSettings store)
    {
        await using var connection = new SqlConnection(store.ConnectionString);
        var stored = await connection.QueryAsync<(string Index, long Bytes)>(
            """
            select i.name, sum(s.used_page_count) * 8192
            from sys.dm_db_partition_stats s
            join sys.indexes i on i.object_id = s.object_id and i.index_id = s.index_id
            join sys.objects o on o.object_id = s.object_id
            where o.name in ('notification_log', 'event_log')
            group by i.name
            order by i.name
            """
        );
        return [.. stored.Select(index => new StoredBytes($"index {index.Index}", index.Bytes))];
    }

    public override async Task DeleteAsync(StoreSettings store)
    {
        stores.Remove(store);
        var name = new SqlConnectionStringBuilder(store.ConnectionString).InitialCatalog;
        await ExecuteAsync($"alter database {name} set single_user with rollback immediate");
        await ExecuteAsync($"drop database {name}");
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var store in stores.ToArray())
        {
            await DeleteAsync(store);
        }
    }

    private async Task FillAsync(Database database, long first, long last, bool routed)
    {
        Dictionary<long, Task<AppendOutcome>> appends = [];
        for (var number = first; number <= last; number++)
        {
            appends.Add(number, database.AppendAsync(rows.Notification(number)));
        }

        await Task.WhenAll(appends.Values);
        if (!routed)
        {
            return;
        }

        var newEvents = appends.Select(append => rows.Event(append.Key, append.Value.Result.Seq));
        await database.WriteAsync(
            async transaction =>
            {
                await MoveCursorAsync(transaction, RoutingPass.Name, appends.Values.Max(append => append.Result.Seq));
                transaction.AppendEvents(
                    [.. newEvents],
                    seqs => MoveCursorAsync(transaction, TopicLog.GetName("assets"), seqs.Max())
                );
            },
            CancellationToken.None
        );
    }

    private async Task ExecuteAsync(string sql)
    {
        var builder = new SqlConnectionStringBuilder(server) { InitialCatalog = "master", Pooling = false };
        await using var connection = new SqlConnection(builder.ConnectionString);
        await connection.ExecuteAsync(sql, commandTimeout: 300);
    }
}
