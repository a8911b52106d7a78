namespace NotificationHub.Storage;

/// <summary>
/// The writer's queue. A round is a batch of notifications and at most one stage transaction; only one thread at a time runs
/// a round.
/// </summary>
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
    private bool roundRunning;
    private int lastBatchSize;
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

    private bool HasWork => notifications.Count > 0 || requests.Count > 0 || wakeRequested;

    /// <summary>Begins a round on the calling thread if the last batch was a single notification, nothing is queued, and no round is running.</summary>
    /// <returns>Whether the round began. The caller must then run it and call <see cref="EndRound"/>.</returns>
    public bool TryBeginRound()
    {
        lock (sync)
        {
            if (lastBatchSize != 1 || roundRunning || closed || HasWork)
            {
                return false;
            }

            roundRunning = true;
            return true;
        }
    }

    public void EndRound()
    {
        lock (sync)
        {
            roundRunning = false;
            if (closed || HasWork)
            {
                Notify();
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

    /// <summary>Lets <see cref="BeginNextRound"/> return even if the queue is empty.</summary>
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

    /// <summary>Waits for work and begins a round; false once the queue is closed and empty.</summary>
    /// <param name="batch">An empty list; receives the notifications of the round.</param>
    public bool BeginNextRound(List<NotificationAppend> batch, out WriteRequest? request)
    {
        lock (sync)
        {
            while (roundRunning || !(HasWork || closed))
            {
                waiting = true;
                Monitor.Wait(sync);
                waiting = false;
            }

            roundRunning = true;
            wakeRequested = false;
            while (batch.Count < MaxBatch && notifications.TryDequeue(out var append))
            {
                batch.Add(append);
            }

            lastBatchSize = batch.Count > 0 ? batch.Count : lastBatchSize;
            requests.TryDequeue(out request);
            return batch.Count > 0 || request is not null || !closed;
        }
    }

    private void Notify()
    {
        if (waiting && !roundRunning)
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
