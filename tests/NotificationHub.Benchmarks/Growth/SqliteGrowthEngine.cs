using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Publishing;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>Files in a temporary folder, filled by the hub's own statements without a journal and with a large cache.</summary>
internal sealed class SqliteGrowthEngine : GrowthEngine
{
    private const double BytesPerRow = 1.3 * 1024 * 1024 * 1024 / 1_000_000;
    private const int RowsPerTransaction = 500_000;
    private const int RowsPerBatch = 1_000;

    private readonly LogRows rows = new();
    private readonly string folder = Directory.CreateTempSubdirectory("notificationhub-growth-").FullName;
    private int files;

    public override string Engine => StorageOptions.Sqlite;

    public override string? FindFault(GrowthOptions options)
    {
        var notifications = options.Sizes.Sum() + options.Cost;
        var needed = (long)(notifications * BytesPerRow) + (1L << 30);
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var gigabytes = string.Create(
            CultureInfo.InvariantCulture,
            $"{needed / (1 << 30)} GiB in {folder} ({free / (1 << 30)} GiB are free), and 2 GiB of memory"
        );
        Console.Error.WriteLine($"This needs about {gigabytes}.");
        return needed < free
            ? null
            : "Not enough disk space. Set TMPDIR to a folder with more space, or --sizes to smaller sizes.";
    }

    public override async Task<StoreSettings> CreateAsync(long notifications, bool routed)
    {
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{++files}.db"));
        var store = StoreSettings.File(file);
        await using var database = store.Open();
        await database.MigrateAsync(CancellationToken.None);
        await using var connection = await OpenBareAsync(store);
        for (var first = 1L; first <= notifications; first += RowsPerTransaction)
        {
            await using var transaction = connection.BeginTransaction();
            Fill(connection, database, first, Math.Min(first + RowsPerTransaction - 1, notifications), routed);
            if (routed)
            {
                var writes = new WriteTransaction(database, connection, transaction);
                var last = await writes.ScalarAsync<long>("select max(seq) from event_log");
                await MoveCursorAsync(writes, TopicLog.GetName("assets"), last);
                // One event for each notification.
                await MoveCursorAsync(writes, RoutingPass.Name, last);
            }

            transaction.Commit();
        }

        // Otherwise the system would write the files while deliveries are measured.
        await using var written = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        written.Flush(flushToDisk: true);
        return store;
    }

    // Measured by the pages that a drop frees, because the driver's SQLite has no dbstat.
    public override async Task<IReadOnlyList<StoredBytes>> MeasureBytesAsync(StoreSettings store)
    {
        await using var connection = await OpenBareAsync(store);
        var pageBytes = await connection.ExecuteScalarAsync<long>("pragma page_size");
        List<StoredBytes> stored = [];
        foreach (
            var what in new[]
            {
                "index notification_log_dedup",
                "index event_log_topic",
                "table event_log",
                "table notification_log",
            }
        )
        {
            var before = await connection.ExecuteScalarAsync<long>("pragma freelist_count");
            await connection.ExecuteAsync($"drop {what}", commandTimeout: 0);
            var after = await connection.ExecuteScalarAsync<long>("pragma freelist_count");
            stored.Add(new StoredBytes(what, (after - before) * pageBytes));
        }

        return stored;
    }

    public override Task DeleteAsync(StoreSettings store)
    {
        var file = new SqliteConnectionStringBuilder(store.ConnectionString).DataSource;
        foreach (var part in new[] { file, $"{file}-wal", $"{file}-shm" })
        {
            File.Delete(part);
        }

        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void Fill(SqliteConnection connection, Database database, long first, long last, bool routed)
    {
        using var appender = new SqliteAppender(connection, database, new DeduplicationWindow(RowsPerBatch));
        appender.Follow();
        using var events = new SqliteEventAppender(connection, database);
        List<NotificationAppend> batch = [];
        List<AppendOutcome> outcomes = [];
        for (var number = first; number <= last; number++)
        {
            batch.Add(rows.Notification(number));
            if (batch.Count < RowsPerBatch && number < last)
            {
                continue;
            }

            appender.Append(batch, outcomes);
            if (routed)
            {
                events.Append([.. outcomes.Select(outcome => rows.Event(outcome.Seq, outcome.Seq))]);
            }

            batch.Clear();
        }
    }

    private static async Task<SqliteConnection> OpenBareAsync(StoreSettings store)
    {
        var connection = new SqliteConnection($"{store.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        foreach (var pragma in new[] { "journal_mode = off", "synchronous = off", "cache_size = -1500000" })
        {
            await connection.ExecuteAsync($"pragma {pragma}");
        }

        return connection;
    }
}
