using Microsoft.Data.Sqlite;

namespace NotificationHub.Storage.Sqlite;

/// <summary>A stage's transaction, waiting for its turn in the lane.</summary>
internal abstract class LaneJob
{
    /// <summary>Runs the work and commits it; exceptions are the lane's to deal with.</summary>
    public abstract void Run(Database database, SqliteConnection connection);

    /// <summary>Tells the waiter how it ended, off the lane's thread.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);
}

internal sealed class LaneJob<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) : LaneJob
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T result = default!;

    public Task<T> Task => completion.Task;

    public override void Run(Database database, SqliteConnection connection)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var transaction = connection.BeginTransaction(deferred: false);
        var write = new WriteTransaction(database, connection, transaction);
        // SQLite's asynchronous calls are synchronous ones: the task is complete when it is returned.
        result = work(write).GetAwaiter().GetResult();
        transaction.Commit();
        write.RaisePulses();
    }

    public override void Complete() => completion.TrySetResult(result);

    public override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException cancelled && cancellationToken.IsCancellationRequested)
        {
            completion.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            completion.TrySetException(exception);
        }
    }
}
