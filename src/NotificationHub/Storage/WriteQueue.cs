namespace NotificationHub.Storage;

/// <summary>The writer's queue: batches of notifications, and one stage transaction after each batch.</summary>
internal sealed class WriteQueue
{
    private const int MaxBatch = 512;

    // Half a second at the highest measured rate. Beyond it, a 503 is better than a longer wait.
    private const int MaxNotifications = 16_384;

#pragma warning disable MA0158 // Monitor.Wait requires an object; the writer's thread sleeps on it.
    private readonly object sync = new();
#pragma warning restore MA0158
    private readonly Queue<NotificationAppend> notifications = new();
    private readonly Queue<WriteRequest> requests = new();
    private bool waiting;
    private bool wakeRequested;
    private bool closed;

    public (int Notifications, int Requests) Lengths
    {
        get
        {
            lock (sync)
            {
                return (notifications.Count, requests.Count);
            }
        }
    }

    public bool TryEnqueue(NotificationAppend append)
    {
        lock (sync)
        {
            if (closed || notifications.Count >= MaxNotifications)
            {
                return false;
            }

            notifications.Enqueue(append);
            Notify();
            return true;
        }
    }

    public bool TryEnqueue(WriteRequest request)
    {
        lock (sync)
        {
            if (closed)
            {
                return false;
            }

            requests.Enqueue(request);
            Notify();
            return true;
        }
    }

    /// <summary>Lets <see cref="Take"/> return even if the queue is empty.</summary>
    public void Wake()
    {
        lock (sync)
        {
            wakeRequested = true;
            Notify();
        }
    }

    public void Close()
    {
        lock (sync)
        {
            closed = true;
            Notify();
        }
    }

    /// <summary>Waits for work and takes one round; false once the queue is closed and empty.</summary>
    public bool Take(List<NotificationAppend> batch, out WriteRequest? request)
    {
        batch.Clear();
        lock (sync)
        {
            while (notifications.Count == 0 && requests.Count == 0 && !closed && !wakeRequested)
            {
                waiting = true;
                Monitor.Wait(sync);
                waiting = false;
            }

            wakeRequested = false;
            while (batch.Count < MaxBatch && notifications.TryDequeue(out var append))
            {
                batch.Add(append);
            }

            requests.TryDequeue(out request);
            return batch.Count > 0 || request is not null || !closed;
        }
    }

    private void Notify()
    {
        if (waiting)
        {
            Monitor.Pulse(sync);
        }
    }
}

/// <summary>A queued stage transaction.</summary>
internal abstract class WriteRequest
{
    /// <summary>Runs the work; an exception rolls it back.</summary>
    public abstract void Run(WriteTransaction transaction);

    /// <summary>Completes the caller's task and sets the registered signals.</summary>
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
        // SQLite's asynchronous calls run synchronously: both tasks are already complete.
        result = work(transaction).GetAwaiter().GetResult();
        transaction.WriteEventsAsync().GetAwaiter().GetResult();
        ran = transaction;
    }

    public override void Complete()
    {
        ran?.RunAfterCommit();
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
