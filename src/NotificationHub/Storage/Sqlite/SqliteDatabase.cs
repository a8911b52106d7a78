using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>One SQLite file in WAL mode with <c>synchronous=FULL</c>.</summary>
internal sealed class SqliteDatabase : Database
{
    private const int ImportChunk = 500;

    private readonly StorageOptions options;
    private readonly SqliteConnectionStringBuilder writer;
    private readonly SqliteConnectionStringBuilder reader;
    private readonly SqliteWriter lane;
    private readonly SchemaMigrator migrator;

    /// <param name="options">Where it is, and for whom it waits how long.</param>
    /// <param name="migrations">Other files than this version's own.</param>
    public SqliteDatabase(StorageOptions options, SqlFiles? migrations = null, StorageMetrics? metrics = null)
        : base("Sqlite")
    {
        migrator = new SchemaMigrator(this, migrations);
        this.options = options;
        writer = new SqliteConnectionStringBuilder(options.ConnectionString)
        {
            Pooling = false,
            // The native busy timeout waits; this one only bounds the driver's own retries behind it.
            DefaultTimeout = 1,
        };
        reader = new SqliteConnectionStringBuilder(options.ConnectionString) { Mode = SqliteOpenMode.ReadOnly };
        lane = new SqliteWriter(this, metrics);
        metrics?.ObserveWriteAheadLog(() => lane.WalPages);
        metrics?.ObserveQueue(() => lane.Waiting);
    }

    public TimeSpan BusyTimeout => options.BusyTimeout;

    public string File => Path.GetFullPath(writer.DataSource);

    /// <summary>The file, and the files that SQLite creates next to it while it is open.</summary>
    public IReadOnlyList<string> Files => [File, $"{File}-wal", $"{File}-shm"];

    public override string Place => File;

    public override bool Exists => System.IO.File.Exists(File);

    /// <summary>About how many pages the write-ahead log holds.</summary>
    public override long? WalPages => lane.WalPages;

    public override Task OpenAsync(CancellationToken cancellationToken) => OpenAsync(ApplyAsync, cancellationToken);

    public override async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyAsync(cancellationToken);
        }
        catch (Exception exception) when (SqliteOpenError.IsOne(exception))
        {
            throw SqliteOpenError.Of(File, exception);
        }
    }

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        OpenAsync(VerifyAsync, cancellationToken);

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

    public override bool IsDuplicateKey(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT };

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => lane.AppendAsync(append);

    public override Task AdvanceSequencesAsync(long notifications, long events, CancellationToken cancellationToken) =>
        WriteAsync(
            transaction =>
                transaction.ExecuteAsync(Sql("RaiseSeqs"), new { Notifications = notifications, Events = events }),
            cancellationToken
        );

    public override async Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    )
    {
        var names = string.Join(", ", columns.Select(column => $"\"{column}\""));
        var places = string.Join(", ", Enumerable.Range(0, columns.Count).Select(place => $"@p{place}"));
        List<object[]> chunk = [];
        var written = 0L;
        do
        {
            chunk.Clear();
            while (chunk.Count < ImportChunk && await rows.ReadAsync(cancellationToken))
            {
                var row = new object[columns.Count];
                rows.GetValues(row);
                chunk.Add(row);
            }

            await WriteAsync(
                async transaction =>
                {
                    foreach (var row in chunk)
                    {
                        await transaction.ExecuteAsync(
                            $"insert into {table} ({names}) values ({places})",
                            new DynamicParameters(
                                row.Select(
                                    (value, place) =>
                                        KeyValuePair.Create<string, object?>(
                                            $"p{place}",
                                            value is DBNull ? null : value
                                        )
                                )
                            )
                        );
                    }
                },
                cancellationToken
            );
            written += chunk.Count;
        } while (chunk.Count == ImportChunk);

        return written;
    }

    /// <summary>A connection that may write; for the lane and its checkpointer.</summary>
    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(writer.ConnectionString);
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, (int)BusyTimeout.TotalMilliseconds);
            // One by one: the driver would pass over a fault of any but the first.
            var mode = Pragma(connection, "journal_mode = wal");
            if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
            {
                throw new StorageUnavailableException(
                    $"{Place} cannot be used in WAL mode (it is in mode '{mode}'); a network drive is no place for it."
                );
            }

            Pragma(connection, "synchronous = full");
            Pragma(connection, "wal_autocheckpoint = 0");
            // SQLite walks the whole cache at the end of every commit that has split a page: a large one costs more than the
            // reads that it saves, which the operating system's own cache answers.
            Pragma(connection, "cache_size = -8192");
            Pragma(connection, "temp_store = memory");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string? Pragma(SqliteConnection connection, string pragma)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"pragma {pragma}";
        return command.ExecuteScalar()?.ToString();
    }

    public override ValueTask DisposeAsync()
    {
        // The readers first: only the last connection to close can take the write-ahead log with it.
        using var pool = new SqliteConnection(reader.ConnectionString);
        SqliteConnection.ClearPool(pool);
        lane.Dispose();
        return ValueTask.CompletedTask;
    }

    private void CreatePrivate()
    {
        var folder = Path.GetDirectoryName(File)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, FileModes.PrivateFolder);
        }

        if (Exists)
        {
            return;
        }

        // SQLite gives the files next to it the same mode.
        using var created = new FileStream(
            File,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = FileModes.PrivateFile,
            }
        );
    }

    private async Task OpenAsync(Func<CancellationToken, Task> prepare, CancellationToken cancellationToken)
    {
        try
        {
            RestrictFiles();
            await prepare(cancellationToken);
            lane.Start();
        }
        catch (Exception exception) when (SqliteOpenError.IsOne(exception))
        {
            throw SqliteOpenError.Of(File, exception);
        }
    }

    // The mode of a file that was restored from a backup depends on the umask.
    private void RestrictFiles()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in Files)
        {
            FileModes.Restrict(file);
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenReaderAsync(cancellationToken);
        await migrator.VerifyAsync(connection);
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(CancellationToken cancellationToken)
    {
        CreatePrivate();
        await using var connection = OpenWriter();
        List<string> applied = [];
        while (await ApplyNextAsync(connection, cancellationToken) is { } name)
        {
            applied.Add(name);
        }

        return applied;
    }

    private async Task<string?> ApplyNextAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        // An immediate transaction is the migration lock: a second hub waits here, then finds nothing to do.
        await using var transaction = connection.BeginTransaction(deferred: false);
        var applied = await migrator.ApplyNextAsync(new WriteTransaction(this, connection, transaction));
        await transaction.CommitAsync(cancellationToken);
        return applied;
    }
}
