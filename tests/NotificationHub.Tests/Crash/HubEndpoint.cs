namespace NotificationHub.Tests.Crash;

/// <summary>The current URL of a hub, which is unknown while the hub is down.</summary>
internal sealed class HubEndpoint
{
    private volatile TaskCompletionSource<Uri> open = Create();

    /// <summary>Completes when the hub is up.</summary>
    public Task<Uri> Url => open.Task;

    /// <summary>The first hub that is up, counted from an index; if all are down, the first that starts.</summary>
    public static async Task<Uri> NextAvailableAsync(IReadOnlyList<HubEndpoint> endpoints, int from)
    {
        var urls = endpoints.Select((_, i) => endpoints[(from + i) % endpoints.Count].Url).ToList();
        return await (urls.Find(url => url.IsCompletedSuccessfully) ?? await Task.WhenAny(urls));
    }

    public void Open(Uri url) => open.TrySetResult(url);

    public void Close()
    {
        // A sender that already waits keeps waiting for the same task.
        if (open.Task.IsCompleted)
        {
            open = Create();
        }
    }

    private static TaskCompletionSource<Uri> Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
