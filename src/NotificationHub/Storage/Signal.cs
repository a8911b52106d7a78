namespace NotificationHub.Storage;

/// <summary>
/// Wakes whoever waits for something to have happened in this process. Take <see cref="Next"/> before looking at the
/// database and wait for it after, so that nothing between the two is missed. A lost pulse costs latency only: every
/// waiter also polls.
/// </summary>
internal sealed class Signal
{
    private TaskCompletionSource next = NewSource();

    public Task Next => Volatile.Read(ref next).Task;

    public void Raise() => Interlocked.Exchange(ref next, NewSource()).TrySetResult();

    /// <summary>Waits for <paramref name="taken"/> (an earlier <see cref="Next"/>), for <paramref name="atMost"/> at the longest.</summary>
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
            // The poll: the caller looks for itself.
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
