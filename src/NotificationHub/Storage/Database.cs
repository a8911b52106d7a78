using System.Collections.Frozen;
using System.Data.Common;
using System.Reflection;
using Dapper;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Storage;

/// <summary>The database of all stages: readers, the single writer, and the engine's statements.</summary>
internal abstract class Database : IAsyncDisposable
{
    private readonly SqlFiles statements;

    protected Database(string engine)
    {
        Engine = engine;
        statements = new SqlFiles($"{engine}/Statements/");
    }

    /// <summary>The engine, which is also the name of its folder.</summary>
    public string Engine { get; }

    public Signals Signals { get; } = new();

    /// <summary>The last notifications that this process appended; always empty on SQL Server, where several replicas append.</summary>
    public virtual RecentRows<NotificationEntry> RecentNotifications { get; } = new(entry => entry.Body.Length);

    /// <summary>The last events that this process appended; always empty on SQL Server.</summary>
    public virtual RecentRows<NewEvent> RecentEvents { get; } = new(appended => appended.Content!.Length);

    /// <summary>The file, or the server and database, for messages; contains no secret.</summary>
    public abstract string DisplayName { get; }

    /// <summary>False if <see cref="OpenAsync"/> would create the database.</summary>
    public abstract bool Exists { get; }

    /// <summary>Pages in the write-ahead log; null if the engine has none.</summary>
    public virtual long? WalPages => null;

    /// <summary>Migrates the schema and opens the writer.</summary>
    public abstract Task OpenAsync(CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Copies rows of another database unchanged, one transaction per chunk, while no other writer runs.</summary>
    public abstract Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    );

    /// <summary>Advances the logs' sequences, so that new rows have a higher <c>seq</c>.</summary>
    public abstract Task AdvanceSequencesAsync(long notifications, long events, CancellationToken cancellationToken);

    /// <summary>Opens the writer without a migration, possibly while a hub runs.</summary>
    public abstract Task OpenBesideAsync(CancellationToken cancellationToken);

    /// <summary>Opens a connection for one page: an open statement prevents a reset of the write-ahead log.</summary>
    public abstract Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken);

    /// <summary>Runs <paramref name="work"/> in one transaction, which should take 2 ms at most.</summary>
    /// <exception cref="StorageUnavailableException">The database is locked, full or broken; nothing was committed, unless the message says that it may have been.</exception>
    public abstract Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken);

    public Task WriteAsync(Func<WriteTransaction, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async transaction =>
            {
                await work(transaction);
                return true;
            },
            cancellationToken
        );

    /// <summary>Commits only while this replica holds the lease.</summary>
    /// <exception cref="LeaseLostException">Another replica has the lease; nothing was committed.</exception>
    public Task<T> WriteAsync<T>(
        Lease lease,
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    ) =>
        WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                return await work(transaction);
            },
            cancellationToken
        );

    public Task WriteAsync(Lease lease, Func<WriteTransaction, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await work(transaction);
            },
            cancellationToken
        );

    /// <summary>Appends a notification together with others that are waiting; completes once it is on disk. It may write on the calling thread.</summary>
    public abstract Task<AppendOutcome> AppendAsync(NotificationAppend append);

    public abstract bool IsDuplicateKey(Exception exception);

    /// <summary>The engine's part of <see cref="WriteTransaction.WriteEventsAsync"/>: one row per event, in order.</summary>
    public abstract Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyList<NewEvent> events
    );

    /// <summary>The engine's part of <see cref="WriteTransaction.InsertRowsAsync"/>.</summary>
    public virtual Task InsertRowsAsync(WriteTransaction transaction, string name, IReadOnlyList<object?[]> rows) =>
        transaction.ExecuteAsync(Sql(name), new { Rows = StoredTime.SerializeRows(rows) });

    /// <summary>The engine's part of <see cref="WriteTransaction.QueryNamedAsync"/>.</summary>
    public virtual Task<IReadOnlyList<T>> QueryNamedAsync<T>(
        WriteTransaction transaction,
        string name,
        params (string Name, object Value)[] parameters
    ) =>
        transaction.QueryAsync<T>(
            Sql(name),
            new DynamicParameters(parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value))
        );

    /// <summary>The engine's part of <see cref="WriteTransaction.RecordLogChangeAsync"/>; nothing if no process has rows in memory.</summary>
    public virtual Task RecordLogChangeAsync(WriteTransaction transaction) => Task.CompletedTask;

    public virtual void RecordServerTime(DateTimeOffset now) { }

    public virtual string Sql(string name) => statements[name];

    public abstract ValueTask DisposeAsync();
}

/// <summary>The database cannot be opened; the message says why and what to do.</summary>
internal sealed class DatabaseOpenException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether the configured database is unusable, so that a retry does not help.</summary>
    public bool IsUnusable { get; init; }
}

/// <summary>
/// The database is locked, full or broken. Nothing was committed; only if SQL Server became unreachable during the commit, the outcome is
/// unknown, and the message says so. The caller may retry work that detects an earlier commit.
/// </summary>
internal sealed class StorageUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);

/// <summary>The embedded <c>.sql</c> files of a folder, by name without extension.</summary>
internal sealed class SqlFiles(string folder, IReadOnlyDictionary<string, string> texts)
{
    private static readonly Assembly Assembly = typeof(SqlFiles).Assembly;

    public SqlFiles(string folder)
        : this(folder, ReadAll(folder)) { }

    public string this[string name] =>
        texts.TryGetValue(name, out var text)
            ? text
            : throw new ArgumentException($"There is no {folder}{name}.sql.", nameof(name));

    public IEnumerable<string> Names => texts.Keys.Order(StringComparer.Ordinal);

    private static FrozenDictionary<string, string> ReadAll(string folder) =>
        Assembly
            .GetManifestResourceNames()
            .Where(name =>
                name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal)
            )
            .ToFrozenDictionary(name => name[folder.Length..^".sql".Length], Read, StringComparer.Ordinal);

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(resource)!);
        // Line endings must not change the digest.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
