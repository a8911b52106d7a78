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
    private readonly SqliteConnectionStringBuilder writerSettings;
    private readonly SqliteConnectionStringBuilder readerSettings;
    private readonly SqliteWriter writer;
    private readonly SchemaMigrator migrator;

    public SqliteDatabase(StorageOptions options, SqlFiles? migrations = null, StorageMetrics? metrics = null)
        : base("Sqlite")
    {
        migrator = new SchemaMigrator(this, migrations);
        this.options = options;
        writerSettings = new SqliteConnectionStringBuilder(options.ConnectionString)
        {
            Pooling = false,
            // SQLite's busy timeout waits; this one only limits the driver's retries after it.
            DefaultTimeout = 1,
        };
        readerSettings = new SqliteConnectionStringBuilder(options.ConnectionString) { Mode = SqliteOpenMode.ReadOnly };
        writer = new SqliteWriter(this, options.DeduplicationWindow, metrics);
        metrics?.ObserveWriteAheadLog(() => writer.WalPages);
        metrics?.ObserveQueue(() => writer.QueueLengths);
    }

    public TimeSpan LockTimeout => options.LockTimeout;

    public string File => Path.GetFullPath(writerSettings.DataSource);

    /// <summary>The file, and the files that SQLite creates next to it while it is open.</summary>
    public IReadOnlyList<string> Files => [File, $"{File}-wal", $"{File}-shm"];

    public override string DisplayName => File;

    public override bool Exists => System.IO.File.Exists(File);

    public override long? WalPages => writer.WalPages;

    public override Task OpenAsync(CancellationToken cancellationToken) =>
        OpenAsync(ApplyAsync, receives: true, cancellationToken);

    public override async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ApplyAsync(cancellationToken);
        }
        catch (Exception exception) when (SqliteOpenError.IsOne(exception))
        {
            throw SqliteOpenError.Create(File, exception);
        }
    }

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        OpenAsync(VerifyAsync, receives: false, cancellationToken);

    public override async Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(readerSettings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        writer.WriteAsync(work, cancellationToken);

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyList<NewEvent> events
    )
    {
        var seqs = writer.AppendEvents(events);
        transaction.OnCommit(() =>
        {
            foreach (var (seq, appended) in seqs.Zip(events))
            {
                RecentEvents.Add(seq, appended.Content is null ? null : appended);
            }
        });
        return Task.FromResult(seqs);
    }

    public override Task InsertRowsAsync(WriteTransaction transaction, string name, IReadOnlyList<object?[]> rows)
    {
        writer.Insert(name, rows);
        return Task.CompletedTask;
    }

    public override Task<IReadOnlyList<T>> QueryNamedAsync<T>(
        WriteTransaction transaction,
        string name,
        params (string Name, object Value)[] parameters
    ) => Task.FromResult(writer.Query<T>(name, parameters));

    public override Task RecordLogChangeAsync(WriteTransaction transaction) =>
        transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'logs'");

    public override bool IsDuplicateKey(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: raw.SQLITE_CONSTRAINT };

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => writer.AppendAsync(append);

    public override Task AdvanceSequencesAsync(long notifications, long events, CancellationToken cancellationToken) =>
        WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    Sql("AdvanceSequences"),
                    new { Notifications = notifications, Events = events }
                ),
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
        var parameters = string.Join(", ", Enumerable.Range(0, columns.Count).Select(index => $"@p{index}"));
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
                            $"insert into {table} ({names}) values ({parameters})",
                            new DynamicParameters(
                                row.Select(
                                    (value, index) =>
                                        KeyValuePair.Create<string, object?>(
                                            $"p{index}",
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

    public SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(writerSettings.ConnectionString);
        try
        {
            connection.Open();
            raw.sqlite3_busy_timeout(connection.Handle, (int)LockTimeout.TotalMilliseconds);
            // One at a time: the driver reports only an error of the first statement.
            var mode = Pragma(connection, "journal_mode = wal");
            if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
            {
                throw new StorageUnavailableException(
                    $"{DisplayName} does not support WAL mode (its mode is '{mode}'). Use a local disk, not a network drive."
                );
            }

            Pragma(connection, "synchronous = full");
            Pragma(connection, "wal_autocheckpoint = 0");
            // SQLite scans the whole cache at the end of every commit that has split a page: a large cache costs more than the reads that it
            // saves, which the operating system's cache serves.
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
        // Readers first: only the last connection that closes can delete the write-ahead log.
        using var pool = new SqliteConnection(readerSettings.ConnectionString);
        SqliteConnection.ClearPool(pool);
        writer.Dispose();
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

    private async Task OpenAsync(
        Func<CancellationToken, Task> prepare,
        bool receives,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await prepare(cancellationToken);
            // Not earlier: the settings may name a file that is no database of the hub, or a device.
            RestrictFiles();
            writer.Start(receives);
        }
        catch (Exception exception) when (SqliteOpenError.IsOne(exception))
        {
            throw SqliteOpenError.Create(File, exception);
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
