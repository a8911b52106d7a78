namespace NotificationHub.Storage;

/// <summary>
/// Wakes waiters in this process early. Get <see cref="Next"/> before reading the database and await it afterward, so that
/// no change in between is missed. A lost signal costs latency only, because every waiter also polls.
/// </summary>
internal sealed class Signal
{
    private TaskCompletionSource next = NewSource();

    public Task Next => Volatile.Read(ref next).Task;

    public void Raise() => Interlocked.Exchange(ref next, NewSource()).TrySetResult();

    public static async Task WaitAsync(
        Task taken,
        TimeSpan atMost,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await taken.WaitAsync(atMost, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The caller polls.
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The signals between the stages of this process.</summary>
internal sealed class Signals
{
    public Signal NotificationsAppended { get; } = new();

    public Signal EventsAppended { get; } = new();

    public Signal TargetsRequested { get; } = new();

    public Signal LocationsChanged { get; } = new();

    public Signal RelayTargetsChanged { get; } = new();

    public Signal ReplaysChanged { get; } = new();

    /// <summary>All tasks of an operation were reported.</summary>
    public Signal OperationsCounted { get; } = new();
}
