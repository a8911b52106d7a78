using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// The one place that writes: SQLite has a single writer, and connections that fight for it lose three quarters of the
/// rate and all of the tail. A thread of its own takes, in turn, a batch of posts and one stage's transaction.
/// </summary>
internal sealed class SqliteWriteLane : IDisposable
{
    private const int CompletionsPerWorkItem = 64;

    private readonly SqliteDatabase database;
    private readonly LaneQueue queue = new();
    private readonly Thread thread;
    private readonly WalCheckpoints checkpoints;
    private SqliteConnection? connection;
    private SqliteAppender? appender;
    private SqliteEventAppender? events;

    public SqliteWriteLane(SqliteDatabase database)
    {
        this.database = database;
        checkpoints = new WalCheckpoints(database, queue.Nudge);
        thread = new Thread(Loop) { IsBackground = true, Name = "write lane" };
    }

    public long WalPages => checkpoints.WalPages;

    public void Start()
    {
        Connect();
        thread.Start();
    }

    public Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        if (!queue.TryEnqueue(append))
        {
            append.SetException(new StorageUnavailableException("The write lane is closed."));
        }

        return append.Task;
    }

    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        var job = new LaneJob<T>(work, cancellationToken);
        if (!queue.TryEnqueue(job))
        {
            job.Fail(new StorageUnavailableException("The write lane is closed."));
        }

        return job.Task;
    }

    /// <summary>Appends events; only from within a job of this lane, which is where transactions are.</summary>
    public List<long> AppendEvents(IReadOnlyCollection<NewEvent> entries) =>
        events is null ? throw new InvalidOperationException("The write lane is not open.") : events.Append(entries);

    /// <summary>Writes what has been taken in, then ends.</summary>
    public void Dispose()
    {
        queue.Close();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        checkpoints.Dispose();
        Disconnect();
    }

    private void Loop()
    {
        List<NotificationAppend> batch = [];
        List<AppendOutcome> outcomes = [];
        while (queue.Take(batch, out var job))
        {
            if (batch.Count > 0)
            {
                Append(batch, outcomes);
            }

            if (job is not null)
            {
                Run(job);
            }

            if (connection is { } open)
            {
                checkpoints.AfterCommit(open);
            }
        }
    }

    private void Append(List<NotificationAppend> batch, List<AppendOutcome> outcomes)
    {
        try
        {
            Connect();
            appender!.Append(batch, outcomes);
            database.Pulses.NotificationsAppended.Raise();
            CompleteOnPool([.. batch], [.. outcomes]);
        }
#pragma warning disable CA1031 // Whatever it was, every waiter of the batch must hear of it and the lane must go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = Recover(exception);
            NotificationAppend[] failed = [.. batch];
            ThreadPool.UnsafeQueueUserWorkItem(
                _ => Array.ForEach(failed, append => append.TrySetException(failure)),
                null
            );
        }
    }

    // In bulk, because a pool item for each of 30,000 posts a second costs more than the commit.
    private static void CompleteOnPool(NotificationAppend[] batch, AppendOutcome[] outcomes)
    {
        for (var start = 0; start < batch.Length; start += CompletionsPerWorkItem)
        {
            var (from, to) = (start, Math.Min(start + CompletionsPerWorkItem, batch.Length));
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    for (var i = from; i < to; i++)
                    {
                        batch[i].TrySetResult(outcomes[i]);
                    }
                },
                null
            );
        }
    }

    private void Run(LaneJob job)
    {
        try
        {
            Connect();
            job.Run(database, connection!);
            job.Complete();
        }
#pragma warning disable CA1031 // The job's waiter hears of it; the lane goes on with the next.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            job.Fail(Recover(exception));
        }
    }

    /// <summary>Leaves no transaction open and, where the connection itself may be at fault, no connection.</summary>
    private Exception Recover(Exception exception)
    {
        if (exception is not SqliteException sqlite)
        {
            RollBack();
            return exception;
        }

        RollBack();
        if (
            sqlite.SqliteErrorCode
            is not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_CONSTRAINT)
        )
        {
            Disconnect();
        }

        return
            sqlite.SqliteErrorCode
                is raw.SQLITE_CONSTRAINT
                    or raw.SQLITE_ERROR
                    or raw.SQLITE_MISMATCH
                    or raw.SQLITE_RANGE
            ? sqlite
            : new StorageUnavailableException($"SQLite refused the write: {sqlite.Message}", sqlite);
    }

    private void RollBack()
    {
        if (connection?.Handle is { } handle && raw.sqlite3_get_autocommit(handle) == 0)
        {
            raw.sqlite3_exec(handle, "rollback");
        }
    }

    private void Connect()
    {
        if (connection is not null)
        {
            return;
        }

        connection = database.OpenWriter();
        appender = new SqliteAppender(connection, database);
        events = new SqliteEventAppender(connection, database);
    }

    private void Disconnect()
    {
        appender?.Dispose();
        events?.Dispose();
        connection?.Dispose();
        (appender, events, connection) = (null, null, null);
    }
}
