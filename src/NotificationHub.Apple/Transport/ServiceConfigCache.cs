namespace NotificationHub.Apple;

/// <summary>The Service Config in use, refreshed by whoever finds it too old.</summary>
internal sealed class ServiceConfigCache(
    Func<CancellationToken, Task<ServiceConfig>> fetch,
    TimeSpan lifetime,
    TimeProvider time
) : IDisposable
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile Entry? current;

    private sealed record Entry(ServiceConfig Config, DateTimeOffset UseUntil, bool Fetched);

    public async Task<ServiceConfig> GetAsync(CancellationToken cancellationToken) =>
        await GetAsync(entry => entry.Fetched, cancellationToken);

    /// <summary>Never fails for want of a Service Config: the last one, or the documented values, serve as well for a while.</summary>
    public async Task<ServiceConfig> GetOrDocumentedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(_ => true, cancellationToken);
        }
        catch (AppleException)
        {
            var last = current?.Config ?? ServiceConfig.Documented;
            current = new Entry(last, time.GetUtcNow() + PauseAfterFailure, Fetched: false);
            return last;
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<ServiceConfig> GetAsync(Func<Entry, bool> serves, CancellationToken cancellationToken)
    {
        if (Usable(serves) is { } known)
        {
            return known;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            if (Usable(serves) is { } fetchedMeanwhile)
            {
                return fetchedMeanwhile;
            }

            var config = await fetch(cancellationToken);
            current = new Entry(config, time.GetUtcNow() + lifetime, Fetched: true);
            return config;
        }
        finally
        {
            turn.Release();
        }
    }

    private ServiceConfig? Usable(Func<Entry, bool> serves) =>
        current is { } entry && time.GetUtcNow() < entry.UseUntil && serves(entry) ? entry.Config : null;
}
