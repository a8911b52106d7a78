using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using NotificationHub.LocalBus;

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

/// <summary>A Service Bus that refuses every token, and quotes it.</summary>
internal sealed class EchoingBus : IAsyncDisposable
{
    public const string Key = "sas-key-Zm9vYmFyYmF6cXV4+/5c1d=";

    private readonly ConcurrentQueue<string> seen = new();
    private readonly LocalServiceBus bus;

    private EchoingBus(LocalServiceBus bus) => this.bus = bus;

    public string ConnectionString => bus.ConnectionString;

    /// <summary>The signatures that were presented.</summary>
    public IReadOnlyList<string> Signatures =>
        [
            .. seen.Select(token => token.Split('&').First(part => part.Contains("sig=", StringComparison.Ordinal)))
                .Select(part => Uri.UnescapeDataString(part[(part.IndexOf("sig=", StringComparison.Ordinal) + 4)..]))
                .Distinct(StringComparer.Ordinal),
        ];

    public static async Task<EchoingBus> StartAsync()
    {
        var bus = await LocalServiceBus.StartAsync(new LocalServiceBusOptions { Key = Key });
        var echoing = new EchoingBus(bus);
        bus.Faults.RefuseTokens = token =>
        {
            echoing.seen.Enqueue(token);
            return $"InvalidSignature: {token}. TrackingId:abc";
        };
        return echoing;
    }

    public ValueTask DisposeAsync() => bus.DisposeAsync();
}
