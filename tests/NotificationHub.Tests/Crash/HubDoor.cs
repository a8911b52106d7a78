namespace NotificationHub.Tests.Crash;

/// <summary>Where posts can be sent now; closed while there is no hub behind it.</summary>
internal sealed class HubDoor
{
    private volatile TaskCompletionSource<Uri> open = Create();

    /// <summary>Ends when there is a hub to post to.</summary>
    public Task<Uri> Url => open.Task;

    /// <summary>The first open one, from a place on; where none is, the first that opens.</summary>
    public static async Task<Uri> NextAsync(IReadOnlyList<HubDoor> doors, int from)
    {
        var urls = doors.Select((_, i) => doors[(from + i) % doors.Count].Url).ToList();
        return await (urls.Find(url => url.IsCompletedSuccessfully) ?? await Task.WhenAny(urls));
    }

    public void Open(Uri url) => open.TrySetResult(url);

    public void Close()
    {
        // Who waits at a closed door goes on waiting at this one.
        if (open.Task.IsCompleted)
        {
            open = Create();
        }
    }

    private static TaskCompletionSource<Uri> Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
