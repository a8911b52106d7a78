using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// The only writer of the process: competing connections would lose three quarters of the throughput. A dedicated
/// thread commits a batch of notifications and one stage's work per round, so that they share the wait for the disk. The
/// work runs behind a savepoint: its exception rolls back only the work. While deliveries arrive one at a time, the calling
/// thread runs the round itself: two thread switches would take longer than the rest of the request, except the disk write.
/// </summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly StorageMetrics? metrics;
    private readonly WriteQueue queue = new();
    private readonly List<NotificationAppend> batch = [];
    private readonly List<AppendOutcome> outcomes = [];
    private readonly Thread thread;
    private readonly WalCheckpoints checkpoints;
    private readonly DeduplicationWindow window;
    private SqliteSession? session;

    public SqliteWriter(SqliteDatabase database, int deduplicationWindow, StorageMetrics? metrics)
    {
        this.database = database;
        this.metrics = metrics;
        window = new DeduplicationWindow(deduplicationWindow);
        checkpoints = new WalCheckpoints(database, queue.Wake);
        thread = new Thread(Loop) { IsBackground = true, Name = "SQLite writer" };
    }

    public long WalPages => checkpoints.WalPages;

    public (int Notifications, int Requests) QueueLengths => queue.Lengths;

    /// <param name="receives">Whether notifications will be appended: then the last ones are read now, not with the first delivery.</param>
    public void Start(bool receives)
    {
        session = new SqliteSession(database, window);
        if (receives)
        {
            session.FollowNotifications();
        }

        checkpoints.Start();
        thread.Start();
    }

    private SqliteSession Session => session ?? throw new InvalidOperationException("The writer is not open.");

    public Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        if (queue.TryBeginRound())
        {
            batch.Add(append);
            RunRound(request: null);
        }
        else if (!queue.TryEnqueue(append))
        {
            append.SetException(new StorageUnavailableException("The writer is closed, or its queue is full."));
        }

        return append.Task;
    }

    public Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        var request = new WriteRequest<T>(work, cancellationToken);
        if (!queue.TryEnqueue(request))
        {
            request.Fail(new StorageUnavailableException("The writer is closed."));
        }

        return request.Task;
    }

    /// <summary>Appends events in the transaction of the current request.</summary>
    public IReadOnlyList<long> AppendEvents(IReadOnlyList<NewEvent> entries) => Session.Append(entries);

    /// <summary>Inserts rows with a prepared statement in the transaction of the current request.</summary>
    public void Insert(string name, IReadOnlyList<object?[]> rows) => Session.Insert(name, rows);

    /// <summary>Runs a prepared query in the transaction of the current request.</summary>
    public IReadOnlyList<T> Query<T>(string name, IEnumerable<(string Name, object Value)> parameters) =>
        Session.Query<T>(name, parameters);

    /// <summary>Writes all queued work, then ends.</summary>
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
        while (queue.BeginNextRound(batch, out var request))
        {
            RunRound(request);
        }
    }

    private void RunRound(WriteRequest? request)
    {
        try
        {
            Write(request);
            if (session is { } open)
            {
                checkpoints.AfterCommit(open.Connection);
            }
        }
        finally
        {
            batch.Clear();
            queue.EndRound();
        }
    }

    private void Write(WriteRequest? request)
    {
        if (batch.Count == 0 && request is null)
        {
            return;
        }

        var startedAt = Stopwatch.GetTimestamp();
        var committed = window.LastSeq;
        Exception? requestFailure;
        try
        {
            session ??= new SqliteSession(database, window);
            session.Begin();
            if (batch.Count > 0)
            {
                session.FollowNotifications();
                committed = window.LastSeq;
                session.Append(batch, outcomes);
            }

            requestFailure = request is null ? null : session.TryRun(request);
            session.Commit();
        }
        // Every caller of the round must get the failure, and the writer must continue.
        catch (Exception exception)
        {
            window.RemoveAfter(committed);
            var failure = Recover(exception);
            request?.Fail(failure);
            if (request is not null && batch.Count > 0)
            {
                // The request may have filled the disk: retry the notifications alone.
                Write(request: null);
            }
            else
            {
                AppendCompletion.Fail([.. batch], failure);
            }

            return;
        }

        // Outside the try block: a failure after the commit must not repeat the write from returned buffers.
        metrics?.Committed(startedAt);
        Complete(request, requestFailure);
    }

    private void Complete(WriteRequest? request, Exception? failure)
    {
        if (batch.Count > 0)
        {
            // Before the responses, because the buffers of the requests are reused after them.
            AfterCommit.Run(Remember);
            if (Thread.CurrentThread == thread)
            {
                AppendCompletion.Complete([.. batch], [.. outcomes], database.Signals.NotificationsAppended);
            }
            else
            {
                // The caller ran this round and does not have the task yet, so no continuation can run here.
                batch[0].TrySetResult(outcomes[0]);
                AfterCommit.Run(database.Signals.NotificationsAppended.Raise);
            }
        }

        if (failure is null)
        {
            request?.Complete();
        }
        else
        {
            request?.Fail(Translate(failure));
        }
    }

    private void Remember()
    {
        for (var index = 0; index < batch.Count; index++)
        {
            if (outcomes[index].Result is AppendResult.Stored or AppendResult.StoredAsConflict)
            {
                database.RecentNotifications.Add(
                    outcomes[index].Seq,
                    NotificationEntry.From(batch[index], outcomes[index])
                );
            }
        }
    }

    /// <summary>Rolls back the transaction, and closes the connection if it may be broken.</summary>
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

    /// <summary>Distinguishes an unavailable database from a faulty statement.</summary>
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
