namespace NotificationHub.Apple;

/// <summary>Reads pages ahead, in parallel.</summary>
internal sealed class PageWindow<T>(
    Func<int, CancellationToken, Task<PageResponse<T>>> read,
    CancellationToken cancellationToken
) : IAsyncDisposable
    where T : class
{
    // Apple allows five parallel page reads.
    private const int MaxParallel = 5;

    private readonly Dictionary<int, Task<PageResponse<T>>> pages = [];
    private CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

    /// <summary>Returns a page that was read ahead, or reads it.</summary>
    public async Task<PageResponse<T>> TakeAsync(int index)
    {
        Start(index);
        try
        {
            return await pages[index];
        }
        finally
        {
            pages.Remove(index);
        }
    }

    /// <summary>Starts to read the pages after one, as far as Apple has announced them.</summary>
    public void ReadAhead(int index, PageResponse<T> page)
    {
        for (var next = index + 1; next <= index + MaxParallel && next < page.TotalPages; next++)
        {
            Start(next);
        }
    }

    /// <summary>Discards the pages that were read ahead.</summary>
    public async Task ClearAsync()
    {
        await EndAsync();
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await EndAsync();

    private void Start(int index)
    {
        if (!pages.ContainsKey(index))
        {
            pages.Add(index, read(index, stop.Token));
        }
    }

    private async Task EndAsync()
    {
        await stop.CancelAsync();
        foreach (Task page in pages.Values)
        {
            await page.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        pages.Clear();
        stop.Dispose();
    }
}
