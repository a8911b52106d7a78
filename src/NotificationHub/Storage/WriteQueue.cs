namespace NotificationHub.Storage;

/// <summary>What waits for the lane: posts first, in batches, and the stages' transactions one at a time between them.</summary>
internal sealed class WriteQueue
{
    private const int MaxBatch = 512;

    // Half a second's worth at the best rate seen; behind it, whoever posts is better told to come again.
    private const int MaxWaiting = 16_384;

#pragma warning disable MA0158 // A Lock cannot be waited on; the lane's thread sleeps on this one.
    private readonly object gate = new();
#pragma warning restore MA0158
    private readonly Queue<NotificationAppend> appends = new();
    private readonly Queue<WriteRequest> jobs = new();
    private bool waiting;
    private bool nudged;
    private bool closed;

    public (int Posts, int Jobs) Waiting
    {
        get
        {
            lock (gate)
            {
                return (appends.Count, jobs.Count);
            }
        }
    }

    public bool TryEnqueue(NotificationAppend append)
    {
        lock (gate)
        {
            if (closed || appends.Count >= MaxWaiting)
            {
                return false;
            }

            appends.Enqueue(append);
            Wake();
            return true;
        }
    }

    public bool TryEnqueue(WriteRequest job)
    {
        lock (gate)
        {
            if (closed)
            {
                return false;
            }

            jobs.Enqueue(job);
            Wake();
            return true;
        }
    }

    /// <summary>Lets <see cref="Take"/> return even if nothing has come.</summary>
    public void Nudge()
    {
        lock (gate)
        {
            nudged = true;
            Wake();
        }
    }

    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Wake();
        }
    }

    /// <summary>Waits for work and takes one round of it; false once the queue is closed and empty.</summary>
    public bool Take(List<NotificationAppend> batch, out WriteRequest? job)
    {
        batch.Clear();
        lock (gate)
        {
            while (appends.Count == 0 && jobs.Count == 0 && !closed && !nudged)
            {
                waiting = true;
                Monitor.Wait(gate);
                waiting = false;
            }

            nudged = false;
            while (batch.Count < MaxBatch && appends.TryDequeue(out var append))
            {
                batch.Add(append);
            }

            jobs.TryDequeue(out job);
            return batch.Count > 0 || job is not null || !closed;
        }
    }

    private void Wake()
    {
        if (waiting)
        {
            Monitor.Pulse(gate);
        }
    }
}
