namespace NotificationHub.Storage.SqlServer;

/// <summary>The pauses between tries of what failed for a reason that passes; with jitter, so that replicas do not come back in step.</summary>
internal sealed class Retry(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);

    /// <summary>About five seconds in all: what lasts longer is told to whoever waits.</summary>
    private const int Most = 8;

    private int tries;

    /// <summary>Waits before the next try.</summary>
    /// <returns>False where it was tried often enough.</returns>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        if (++tries >= Most)
        {
            return false;
        }

        var longest = First * (1 << tries);
#pragma warning disable CA5394 // Nobody gains by guessing it.
        await Task.Delay(longest * (0.5 + (Random.Shared.NextDouble() / 2)), time, cancellationToken);
#pragma warning restore CA5394
        return true;
    }
}
