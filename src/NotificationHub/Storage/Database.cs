using System.Data.Common;

namespace NotificationHub.Storage;

/// <summary>
/// The store behind every stage: connections to read from, one lane to write through, and the statements that differ
/// between the engines.
/// </summary>
internal abstract class Database : IAsyncDisposable
{
    private readonly SqlFiles statements;

    protected Database(string engine)
    {
        Engine = engine;
        statements = new SqlFiles($"{engine}/Statements/");
    }

    /// <summary>The name of the engine, and of the folder that holds what differs.</summary>
    public string Engine { get; }

    /// <summary>In-process wake-ups between the stages.</summary>
    public Signals Signals { get; } = new();

    /// <summary>Where the database is, for people; nothing secret.</summary>
    public abstract string Place { get; }

    /// <summary>False where <see cref="OpenAsync"/> would make a new one.</summary>
    public abstract bool Exists { get; }

    /// <summary>Pages that the engine has written and not yet put in their place; null where there is no such thing.</summary>
    public virtual long? WalPages => null;

    /// <summary>Brings the schema up to date and opens the write lane.</summary>
    /// <exception cref="DatabaseOpenException">It is not there to be written.</exception>
    /// <exception cref="SchemaException">It is of a newer version that shuts this one out.</exception>
    public abstract Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Brings the schema up to date, and does nothing else.</summary>
    /// <returns>The names of the files that were applied now.</returns>
    /// <exception cref="DatabaseOpenException">It is not there to be written.</exception>
    /// <exception cref="SchemaException">It is of a newer version.</exception>
    public abstract Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Writes rows of another database as they are, in transactions of a chunk each; nobody else may write meanwhile.</summary>
    /// <param name="table">Where they go.</param>
    /// <param name="columns">Their members, in the order of <paramref name="rows"/>.</param>
    /// <param name="rows">What is written.</param>
    /// <param name="cancellationToken">Ends it between two chunks.</param>
    /// <returns>How many were written.</returns>
    public abstract Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    );

    /// <summary>Has the logs go on behind these <c>seq</c>, not necessarily with the next one.</summary>
    public abstract Task AdvanceSequencesAsync(long notifications, long events, CancellationToken cancellationToken);

    /// <summary>Opens the write lane beside a hub that may be running, and leaves the schema alone.</summary>
    /// <exception cref="DatabaseOpenException">It is not there to be written.</exception>
    /// <exception cref="SchemaException">It is of an older version, or of a newer one that shuts this one out.</exception>
    public abstract Task OpenBesideAsync(CancellationToken cancellationToken);

    /// <summary>Opens a connection for reading. Read a page and let it go: an open statement keeps the WAL from being reset.</summary>
    public abstract Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken);

    /// <summary>Runs <paramref name="work"/> in the write lane, in one transaction of about two milliseconds at most.</summary>
    /// <exception cref="StorageUnavailableException">The store is locked, full or broken; nothing was kept.</exception>
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

    /// <summary>Appends a post to the notification log together with whatever else waits; returns once it is on disk.</summary>
    /// <exception cref="StorageUnavailableException">The batch was not kept.</exception>
    public abstract Task<AppendOutcome> AppendAsync(NotificationAppend append);

    /// <summary>Whether a write failed because another row has that key.</summary>
    public abstract bool IsDuplicateKey(Exception exception);

    /// <summary>The engine's part of <see cref="WriteTransaction.WriteEventsAsync"/>: one row per event, in order.</summary>
    public abstract Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    );

    /// <summary>Records the time that a transaction read from the database's clock, if that is not the machine's clock.</summary>
    public virtual void NoteTime(long milliseconds) { }

    /// <summary>The statement of that name for this engine.</summary>
    public virtual string Sql(string name) => statements[name];

    public abstract ValueTask DisposeAsync();
}
