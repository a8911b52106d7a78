using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>A simulated Apple with one location, a plain HTTP client with its token, and a receiver of notifications.</summary>
public abstract class AppleTest : IAsyncLifetime
{
    internal const string Secret = "a-secret.of_sorts~+/=";

    private readonly HttpClient _client = new();

    internal ManualClock Clock { get; } = new();

    internal SimulatedApple Apple { get; private set; } = null!;

    internal SimulatedLocation Location { get; private protected set; } = null!;

    internal NotificationReceiver Receiver { get; private set; } = null!;

    internal virtual SimulatedAppleOptions Options =>
        new()
        {
            TimeProvider = Clock,
            PageSize = 2,
            Delivery = Delivery,
        };

    internal virtual SimulatedDeliveryOptions Delivery => new();

    public async ValueTask InitializeAsync()
    {
        Apple = await SimulatedApple.StartAsync(Options);
        Location = Apple.AddLocation();
        Receiver = await NotificationReceiver.StartAsync();
        UseToken(Location.ContentTokenFile.Trim());
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Apple.DisposeAsync();
        await Receiver.DisposeAsync();
        _client.Dispose();
    }

    internal void UseToken(string? token) =>
        _client.DefaultRequestHeaders.Authorization = token is null ? null : new("Bearer", token);

    internal void UseHeader(string header)
    {
        _client.DefaultRequestHeaders.Authorization = null;
        _client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
    }

    internal Task<AppleAnswer> GetAsync(string pathAndQuery) => SendAsync(HttpMethod.Get, pathAndQuery, null);

    /// <summary>The raw body, which need not be JSON.</summary>
    internal Task<string> ReadAsync(string pathAndQuery) => _client.GetStringAsync(Apple.BaseUrl + pathAndQuery);

    internal Task<AppleAnswer> PostAsync(string path, JsonNode body) =>
        SendAsync(HttpMethod.Post, path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    internal Task<AppleAnswer> SendAsync(HttpMethod method, string pathAndQuery, HttpContent? content) =>
        SendAsync(method, new Uri(Apple.BaseUrl + pathAndQuery), content);

    internal async Task<AppleAnswer> SendAsync(HttpMethod method, Uri url, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new(
            (int)response.StatusCode,
            text.Length > 0 ? JsonNode.Parse(text)!.AsObject() : [],
            response.Headers.RetryAfter
        );
    }

    /// <summary>Registers the receiver for all notifications of the location.</summary>
    internal async Task SubscribeAsync() => (await PostAsync("/client/config", Subscription())).Status.ShouldBe(200);

    internal JsonObject Subscription() =>
        new()
        {
            ["mdmInfo"] = new JsonObject
            {
                ["id"] = "hub-1",
                ["name"] = "Hub",
                ["metadata"] = "",
            },
            ["notificationUrl"] = Receiver.Url.ToString(),
            ["notificationAuthToken"] = Secret,
            ["notificationTypes"] = new JsonArray([.. NotificationTypes.All.Select(type => JsonValue.Create(type))]),
        };
}

internal sealed record AppleAnswer(int Status, JsonObject Body, RetryConditionHeaderValue? RetryAfter)
{
    public int? ErrorNumber => (int?)Body["errorNumber"];

    public IReadOnlyList<JsonObject> Rows(string name) => [.. Body[name]!.AsArray().Select(row => row!.AsObject())];

    public void ShouldBe(int status, int errorNumber)
    {
        Status.ShouldBe(status);
        ErrorNumber.ShouldBe(errorNumber);
    }
}
