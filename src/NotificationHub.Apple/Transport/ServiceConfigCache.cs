namespace NotificationHub.Apple;

/// <summary>The cached Service Config.</summary>
internal sealed class ServiceConfigCache(
    Func<CancellationToken, Task<ServiceConfig>> fetch,
    TimeSpan lifetime,
    TimeProvider time
) : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile Entry? current;

    private sealed record Entry(ServiceConfig Config, long Since, TimeSpan UseFor, bool Fetched);

    public async Task<ServiceConfig> GetAsync(CancellationToken cancellationToken)
    {
        if (current is { Fetched: true } known && IsFresh(known))
        {
            return known.Config;
        }

        await gate.WaitAsync(cancellationToken);
        try
        {
            return current is { Fetched: true } fetchedMeanwhile && IsFresh(fetchedMeanwhile)
                ? fetchedMeanwhile.Config
                : await RefreshAsync(cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>
    /// Never fails: without a fresh Service Config, the last one or the documented values are used. One caller refreshes
    /// it; the others continue with the cached one meanwhile.
    /// </summary>
    public async Task<ServiceConfig> GetOrDocumentedAsync(CancellationToken cancellationToken)
    {
        if (current is { } entry && IsFresh(entry))
        {
            return entry.Config;
        }

        var wait = current is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero;
        if (!await gate.WaitAsync(wait, cancellationToken))
        {
            return Last;
        }

        try
        {
            return current is { } meanwhile && IsFresh(meanwhile)
                ? meanwhile.Config
                : await RefreshAsync(cancellationToken);
        }
        catch (AppleException)
        {
            current = new Entry(Last, time.GetTimestamp(), PauseAfterFailure, Fetched: false);
            return Last;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Makes the next call read Service Config again. Its values remain in use if that fails.</summary>
    public void Expire() => current = current is { } entry ? entry with { UseFor = TimeSpan.Zero } : null;

    public void Dispose() => gate.Dispose();

    private ServiceConfig Last => current?.Config ?? ServiceConfig.Documented;

    private bool IsFresh(Entry entry) => time.GetElapsedTime(entry.Since) < entry.UseFor;

    private async Task<ServiceConfig> RefreshAsync(CancellationToken cancellationToken)
    {
        var config = await fetch(cancellationToken);
        current = new Entry(config, time.GetTimestamp(), lifetime, Fetched: true);
        return config;
    }
}
