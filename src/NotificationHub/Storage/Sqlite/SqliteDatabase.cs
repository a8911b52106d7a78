using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace NotificationHub.Storage.Sqlite;

/// <summary>One SQLite file in WAL mode with <c>synchronous=FULL</c>.</summary>
internal sealed class SqliteDatabase : Database
{
    private readonly StorageOptions options;
    private readonly SqliteConnectionStringBuilder writer;
    private readonly SqliteConnectionStringBuilder reader;
    private readonly SqliteWriteLane lane;

    public SqliteDatabase(StorageOptions options)
        : base("Sqlite")
    {
        this.options = options;
        writer = new SqliteConnectionStringBuilder(options.ConnectionString)
        {
            Pooling = false,
            // The native busy timeout waits; this one only bounds the driver's own retries behind it.
            DefaultTimeout = 1,
        };
        reader = new SqliteConnectionStringBuilder(options.ConnectionString) { Mode = SqliteOpenMode.ReadOnly };
        lane = new SqliteWriteLane(this);
    }

    public string File => Path.GetFullPath(writer.DataSource);

    public override string Place => File;

    public override bool Exists => System.IO.File.Exists(File);

    /// <summary>About how many pages the write-ahead log holds.</summary>
    public long WalPages => lane.WalPages;

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        await MigrateAsync(cancellationToken);
        lane.Start();
    }

    public override async Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(reader.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        lane.WriteAsync(work, cancellationToken);

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    ) => Task.FromResult<IReadOnlyList<long>>(lane.AppendEvents(events));

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => lane.AppendAsync(append);

    /// <summary>A connection that may write; for the lane and its checkpointer.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(writer.ConnectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"""
                pragma busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds};
                pragma journal_mode = wal;
                pragma synchronous = full;
                pragma wal_autocheckpoint = 0;
                pragma cache_size = -65536;
                pragma temp_store = memory;
                """;
            command.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        lane.Dispose();
        using var pool = new SqliteConnection(reader.ConnectionString);
        SqliteConnection.ClearPool(pool);
        return ValueTask.CompletedTask;
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = OpenWriter();
        // An immediate transaction is the migration lock: a second hub waits here, then finds nothing to do.
        await using var transaction = connection.BeginTransaction(deferred: false);
        await new SchemaMigrator(this).MigrateAsync(new WriteTransaction(this, connection, transaction));
        await transaction.CommitAsync(cancellationToken);
    }
}
