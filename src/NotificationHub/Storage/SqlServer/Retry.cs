using NotificationHub.Hosting;

namespace NotificationHub.Storage.SqlServer;

/// <summary>The pauses between tries of what failed for a reason that passes; with jitter, so that replicas do not come back in step.</summary>
internal sealed class Retry(TimeProvider time)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(1280));

    /// <summary>What lasts longer is told to whoever waits: a try may itself take seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly long begunAt = time.GetTimestamp();
    private int tries;

    /// <summary>Waits before the next try.</summary>
    /// <returns>False where it was tried for long enough.</returns>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(begunAt) + Backoff.PauseAfter(tries) > Longest)
        {
            return false;
        }

        await Task.Delay(Backoff.PauseAfter(tries++, least: 0.5, most: 1, Random.Shared), time, cancellationToken);
        return true;
    }
}
