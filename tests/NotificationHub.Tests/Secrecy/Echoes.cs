using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Secrecy;

/// <summary>A network on whose far side somebody, while told to, answers with an error that quotes the whole request.</summary>
internal sealed class EchoingApple : DelegatingHandler
{
    private readonly ConcurrentQueue<string> asked = new();

    public bool Echoes { get; set; }

    /// <summary>What it was asked for meanwhile.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>How often it did.</summary>
    public int Count { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        if (!Echoes)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        Count++;
        asked.Enqueue($"{request.RequestUri}");
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

/// <summary>A Service Bus that lets nobody in, and quotes what it was shown.</summary>
internal sealed class EchoingBus : IAsyncDisposable
{
    public const string Key = "sas-key-Zm9vYmFyYmF6cXV4+/5c1d=";

    private readonly ConcurrentQueue<string> seen = new();
    private readonly WebApplication app;

    private EchoingBus(WebApplication app) => this.app = app;

    public string ConnectionString => $"Endpoint={app.Urls.Single()}/;SharedAccessKeyName=hub;SharedAccessKey={Key}";

    /// <summary>The signatures that it was shown.</summary>
    public IReadOnlyList<string> Signatures =>
        [
            .. seen.Select(header => header.Split('&').First(part => part.Contains("sig=", StringComparison.Ordinal)))
                .Select(part => Uri.UnescapeDataString(part[(part.IndexOf("sig=", StringComparison.Ordinal) + 4)..]))
                .Distinct(StringComparer.Ordinal),
        ];

    public static async Task<EchoingBus> StartAsync()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var bus = new EchoingBus(builder.Build());
        bus.app.Run(context =>
        {
            var shown = context.Request.Headers.Authorization.ToString();
            bus.seen.Enqueue(shown);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return context.Response.WriteAsync(
                $"<Error><Code>401</Code><Detail>InvalidSignature: {WebUtility.HtmlEncode(shown)}. TrackingId:abc</Detail></Error>"
            );
        });
        await bus.app.StartAsync();
        return bus;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
