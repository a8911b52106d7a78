namespace NotificationHub.Storage;

/// <summary>A stage's transaction, waiting for its turn in the lane.</summary>
internal abstract class WriteRequest
{
    /// <summary>Does the work; what it throws undoes it.</summary>
    public abstract void Run(WriteTransaction transaction);

    /// <summary>Tells the waiter, and whom the work wakes, that it is on disk.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception exception);
}

internal sealed class WriteRequest<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    : WriteRequest
{
    private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WriteTransaction? ran;
    private T result = default!;

    public Task<T> Task => completion.Task;

    public override void Run(WriteTransaction transaction)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // SQLite's asynchronous calls run synchronously: both tasks are complete when they are returned.
        result = work(transaction).GetAwaiter().GetResult();
        transaction.WriteEventsAsync().GetAwaiter().GetResult();
        ran = transaction;
    }

    public override void Complete()
    {
        ran?.RaisePulses();
        completion.TrySetResult(result);
    }

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
