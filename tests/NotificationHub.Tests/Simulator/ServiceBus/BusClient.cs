using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.ServiceBus;

namespace NotificationHub.Tests.Simulator.ServiceBus;

/// <summary>Speaks to the simulated bus as any HTTP client would, with a token of its own making.</summary>
internal sealed class BusClient : IDisposable
{
    public const string Key = "a key that only the tests know";
    private const string BatchType = "application/vnd.microsoft.servicebus.json";
    private readonly HttpClient http;

    public BusClient(SimulatedServiceBus bus, DateTimeOffset now)
    {
        http = new HttpClient { BaseAddress = bus.Endpoint };
        UseToken(Token(bus.Endpoint.AbsoluteUri, now.AddHours(1), Key));
    }

    public static string Token(
        string resource,
        DateTimeOffset expiry,
        string key,
        string name = "RootManageSharedAccessKey"
    )
    {
        var sr = Uri.EscapeDataString(resource);
        var se = expiry.ToUnixTimeSeconds();
        var sig = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{sr}\n{se}"));
        return $"sr={sr}&sig={Uri.EscapeDataString(Convert.ToBase64String(sig))}&se={se}&skn={name}";
    }

    public void UseToken(string? token) =>
        http.DefaultRequestHeaders.Authorization = token is null
            ? null
            : new AuthenticationHeaderValue("SharedAccessSignature", token);

    public static JsonObject Message(string id, string body = "{}", string audience = "all") =>
        new()
        {
            ["Body"] = body,
            ["BrokerProperties"] = new JsonObject { ["MessageId"] = id },
            ["UserProperties"] = new JsonObject { ["audience"] = audience },
        };

    public Task<HttpResponseMessage> SendAsync(string topic, params JsonNode[] messages) =>
        SendTextAsync(topic, new JsonArray(messages).ToJsonString());

    public Task<HttpResponseMessage> SendTextAsync(string topic, string batch) =>
        SendBytesAsync(topic, Encoding.UTF8.GetBytes(batch));

    public async Task<HttpResponseMessage> SendBytesAsync(string topic, byte[] batch)
    {
        using var content = new ByteArrayContent(batch);
        content.Headers.ContentType = new MediaTypeHeaderValue(BatchType) { CharSet = "utf-8" };
        return await http.PostAsync($"{topic}/messages", content);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => http.SendAsync(request);

    public async Task<Received?> ReceiveAsync(string path, HttpMethod? method = null, int wait = 0)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, $"{path}/messages/head?timeout={wait}");
        using var response = await http.SendAsync(request);
        if (response.StatusCode == System.Net.HttpStatusCode.NoContent)
        {
            return null;
        }

        response.IsSuccessStatusCode.ShouldBeTrue();
        var broker = JsonDocument.Parse(response.Headers.GetValues("BrokerProperties").Single()).RootElement;
        return new(
            broker,
            await response.Content.ReadAsStringAsync(),
            response.Headers.Location,
            response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value))
        );
    }

    public async Task<int> SettleAsync(HttpMethod method, Uri? location)
    {
        using var request = new HttpRequestMessage(method, location);
        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }

    public void Dispose() => http.Dispose();
}

internal sealed record Received(
    JsonElement Broker,
    string Body,
    Uri? Location,
    IReadOnlyDictionary<string, string> Headers
)
{
    public string? Id => Broker.GetProperty("MessageId").GetString();

    public int DeliveryCount => Broker.GetProperty(nameof(DeliveryCount)).GetInt32();
}
