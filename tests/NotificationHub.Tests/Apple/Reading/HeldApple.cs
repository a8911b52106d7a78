using System.Text;
using System.Web;

namespace NotificationHub.Tests.Apple.Reading;

/// <summary>Holds requests for pages until the test releases them.</summary>
internal sealed class HeldApple(int pages) : HttpMessageHandler
{
    private readonly Lock sync = new();
    private readonly Queue<TaskCompletionSource> held = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> watchers = [];

    public int MostHeld { get; private set; }

    public Task WaitForHeldAsync(int count)
    {
        lock (sync)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watchers.Add((count, reached));
            Notify();
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public void ReleaseOne()
    {
        lock (sync)
        {
            held.Dequeue().SetResult();
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var body = """{"limits":{}}""";
        if (request.RequestUri!.AbsolutePath.EndsWith("/assets", StringComparison.Ordinal))
        {
            await HoldAsync();
            var index = int.Parse(HttpUtility.ParseQueryString(request.RequestUri.Query)["pageIndex"] ?? "0");
            var next = index + 1 < pages ? $"\"nextPageIndex\":{index + 1}," : "";
            body = $$"""{{{next}}"totalPages":{{pages}},"assets":[{"adamId":{{index}}}]}""";
        }

        return new HttpResponseMessage
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            RequestMessage = request,
        };
    }

    private Task HoldAsync()
    {
        lock (sync)
        {
            var one = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            held.Enqueue(one);
            MostHeld = Math.Max(MostHeld, held.Count);
            Notify();
            return one.Task;
        }
    }

    private void Notify()
    {
        foreach (var (_, reached) in watchers.Where(one => held.Count >= one.Count))
        {
            reached.TrySetResult();
        }
    }
}
