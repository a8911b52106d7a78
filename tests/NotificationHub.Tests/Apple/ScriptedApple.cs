using System.Net;
using System.Text;

namespace NotificationHub.Tests.Apple;

/// <summary>Returns scripted responses in order and records the requests. A request beyond the script fails the test.</summary>
internal sealed class ScriptedApple(TimeProvider time) : HttpMessageHandler
{
    private readonly Queue<Func<CancellationToken, Task<HttpResponseMessage>>> script = [];

    public List<SeenRequest> Requests { get; } = [];

    public List<SeenRequest> ServiceConfigRequests { get; } = [];

    public Func<HttpResponseMessage> ServiceConfig { get; set; } = () => Json("""{"limits":{}}""");

    /// <summary>Whether the whole script was used.</summary>
    public bool IsDone => script.Count == 0;

    /// <summary>Completes before Service Config responds.</summary>
    public Task ServiceConfigGate { get; set; } = Task.CompletedTask;

    public static HttpResponseMessage Json(string body, int status = 200) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public ScriptedApple Then(string body, int status = 200, string? retryAfter = null)
    {
        var response = Json(body, status);
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return Then(_ => Task.FromResult(response));
    }

    public ScriptedApple Then(Func<CancellationToken, Task<HttpResponseMessage>> response)
    {
        script.Enqueue(response);
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new SeenRequest(
            request.Method.Method,
            request.RequestUri!,
            request.Headers.Authorization?.ToString()
        )
        {
            Body = body,
            ContentType = request.Content?.Headers.ContentType?.ToString(),
            At = time.GetUtcNow(),
        };
        if (seen.Url.AbsolutePath.EndsWith("/service/config", StringComparison.Ordinal))
        {
            ServiceConfigRequests.Add(seen);
            await ServiceConfigGate.WaitAsync(cancellationToken);
            return For(request, ServiceConfig());
        }

        Requests.Add(seen);
        return For(request, await script.Dequeue()(cancellationToken));
    }

    private static HttpResponseMessage For(HttpRequestMessage request, HttpResponseMessage response)
    {
        response.RequestMessage = request;
        return response;
    }
}

internal sealed record SeenRequest(string Method, Uri Url, string? Authorization)
{
    public string Body { get; init; } = "";

    public string? ContentType { get; init; }

    public DateTimeOffset At { get; init; }

    public string PathAndQuery => Url.PathAndQuery;
}
