namespace NotificationHub.Storage.SqlServer;

/// <summary>The pauses between tries of what failed for a reason that passes; with jitter, so that replicas do not come back in step.</summary>
internal sealed class Retry(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);

    /// <summary>What lasts longer is told to whoever waits: a try may itself take seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly long begunAt = time.GetTimestamp();
    private int tries;

    /// <summary>Waits before the next try.</summary>
    /// <returns>False where it was tried for long enough.</returns>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        var pause = First * (1 << Math.Min(tries++, 6));
        if (time.GetElapsedTime(begunAt) + pause > Longest)
        {
            return false;
        }

#pragma warning disable CA5394 // Nobody gains by guessing it.
        await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), time, cancellationToken);
#pragma warning restore CA5394
        return true;
    }
}
