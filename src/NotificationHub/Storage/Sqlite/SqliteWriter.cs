using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// The one place that writes: SQLite has a single writer, and connections that fight for it lose three quarters of the
/// rate and all of the tail. A thread of its own takes, round after round, a batch of posts and one stage's work, and
/// commits them together: they share the wait for the disk. The work stands behind a savepoint, so that what it throws
/// undoes only itself.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly StorageMetrics? metrics;
    private readonly WriteQueue queue = new();
    private readonly Thread thread;
    private readonly WalCheckpoints checkpoints;
    private SqliteSession? session;

    public SqliteWriter(SqliteDatabase database, StorageMetrics? metrics)
    {
        this.database = database;
        this.metrics = metrics;
        checkpoints = new WalCheckpoints(database, queue.Nudge);
        thread = new Thread(Loop) { IsBackground = true, Name = "write lane" };
    }

    public long WalPages => checkpoints.WalPages;

    public (int Posts, int Jobs) Waiting => queue.Waiting;

    public void Start()
    {
        session = new SqliteSession(database);
        thread.Start();
    }

    public Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        if (!queue.TryEnqueue(append))
        {
            append.SetException(
                new StorageUnavailableException("The write lane is closed, or too many posts wait for it.")
            );
        }

        return append.Task;
    }

    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        var job = new WriteRequest<T>(work, cancellationToken);
        if (!queue.TryEnqueue(job))
        {
            job.Fail(new StorageUnavailableException("The write lane is closed."));
        }

        return job.Task;
    }

    /// <summary>Appends events; only from within a job of this lane, which is where transactions are.</summary>
    public List<long> AppendEvents(IReadOnlyCollection<NewEvent> entries) =>
        session is null ? throw new InvalidOperationException("The write lane is not open.") : session.Append(entries);

    /// <summary>Writes what has been taken in, then ends.</summary>
    public void Dispose()
    {
        queue.Close();
        if (thread.IsAlive)
        {
            thread.Join();
        }

        checkpoints.Dispose();
        session?.Dispose();
        session = null;
    }

    private void Loop()
    {
        List<NotificationAppend> batch = [];
        List<AppendOutcome> outcomes = [];
        while (queue.Take(batch, out var job))
        {
            RunRound(batch, outcomes, job);
            if (session is { } open)
            {
                checkpoints.AfterCommit(open.Connection);
            }
        }
    }

    private void RunRound(List<NotificationAppend> batch, List<AppendOutcome> outcomes, WriteRequest? job)
    {
        if (batch.Count == 0 && job is null)
        {
            return;
        }

        var begun = Stopwatch.GetTimestamp();
        Exception? fault;
        try
        {
            session ??= new SqliteSession(database);
            session.Begin();
            session.Append(batch, outcomes);
            fault = job is null ? null : session.TryRun(job);
            session.Commit();
        }
        // Every caller of the round must get the failure, and the writer must continue.
        catch (Exception exception)
        {
            var failure = Recover(exception);
            job?.Fail(failure);
            if (job is not null && batch.Count > 0)
            {
                // It may have been the job that filled the disk: the posts have a try of their own.
                RunRound(batch, outcomes, job: null);
            }
            else
            {
                AppendCompletion.Fail([.. batch], failure);
            }

            return;
        }

        // Outside the try block: a failure after the commit must not repeat the write, from buffers that have been returned.
        metrics?.Committed(begun);
        Complete(batch, outcomes, job, fault);
    }

    private void Complete(
        List<NotificationAppend> batch,
        List<AppendOutcome> outcomes,
        WriteRequest? job,
        Exception? fault
    )
    {
        if (batch.Count > 0)
        {
            AppendCompletion.Complete([.. batch], [.. outcomes], database.Signals.NotificationsAppended);
        }

        if (fault is null)
        {
            job?.Complete();
        }
        else
        {
            job?.Fail(Translate(fault));
        }
    }

    /// <summary>Leaves no transaction open and, where the connection itself may be at fault, no connection.</summary>
    private Exception Recover(Exception exception)
    {
        session?.RollBack();
        if (
            exception is SqliteException
            {
                SqliteErrorCode: not (raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_CONSTRAINT)
            }
        )
        {
            session?.Dispose();
            session = null;
        }

        return Translate(exception);
    }

    /// <summary>Tells a store that cannot be written to now from a statement that is wrong.</summary>
    private static Exception Translate(Exception exception) =>
        exception
            is SqliteException
            {
                SqliteErrorCode: not (
                    raw.SQLITE_CONSTRAINT
                    or raw.SQLITE_ERROR
                    or raw.SQLITE_MISMATCH
                    or raw.SQLITE_RANGE
                )
            } sqlite
            ? new StorageUnavailableException($"SQLite refused the write: {sqlite.Message}", sqlite)
            : exception;
}
