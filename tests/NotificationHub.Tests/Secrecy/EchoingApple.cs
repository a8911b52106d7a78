using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Tests.Secrecy;

/// <summary>While <see cref="IsEchoing"/> is set, responds to each request with an error that quotes the complete request.</summary>
internal sealed class EchoingApple : DelegatingHandler
{
    private readonly ConcurrentQueue<string> urls = new();

    public bool IsEchoing { get; set; }

    public IReadOnlyCollection<string> RequestedUrls => urls;

    public int EchoCount { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        if (!IsEchoing)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        EchoCount++;
        urls.Enqueue($"{request.RequestUri}");
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var quoted = $"refused: {request.RequestUri} {request.Headers.Authorization} {body}";
        return new HttpResponseMessage(HttpStatusCode.BadRequest)
        {
            RequestMessage = request,
            ReasonPhrase = "Bad",
            Content = new StringContent(
                JsonSerializer.Serialize(new { errorNumber = 9602, errorMessage = quoted }),
                Encoding.UTF8,
                "application/json"
            ),
        };
    }
}
