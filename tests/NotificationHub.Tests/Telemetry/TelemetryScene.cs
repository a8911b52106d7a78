using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Threading.Channels;
using NotificationHub.LocalBus;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Telemetry;

/// <summary>A hub with a simulated Apple and a local Service Bus, which exports its telemetry to a collector.</summary>
internal sealed class TelemetryScene : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ChannelReader<BusMessage> assets;
    private bool ended;

    private TelemetryScene(LocalServiceBus bus) => (Bus, assets) = (bus, bus.Tap("assets", "inventory"));

    public required OtlpCollector Collector { get; init; }

    public required SimulatedApple Apple { get; init; }

    public required SimulatedLocation Library { get; init; }

    public LocalServiceBus Bus { get; }

    public required HubHost Hub { get; init; }

    public static Task<TelemetryScene> StartAsync(params string[] settings) =>
        StartWithAsync(OtlpCollector.HttpProtobuf, settings);

    public static async Task<TelemetryScene> StartWithAsync(string protocol, params string[] settings)
    {
        var collector = await OtlpCollector.StartAsync(protocol);
        var apple = await SimulatedApple.StartAsync();
        var bus = await LocalServiceBus.StartAsync();
        var hub = await HubHost.StartAsync([
            $"Apple:BaseUrl={apple.BaseUrl}",
            $"ServiceBus:ConnectionString={bus.ConnectionString}",
            "Refetch:QuietPeriod=00:00:00.1",
            "FullSync:Enabled=false",
            .. collector.Settings,
            .. settings,
        ]);
        var library = apple.AddLocation();
        library.AddAsset("408709785");
        return new TelemetryScene(bus)
        {
            Collector = collector,
            Apple = apple,
            Library = library,
            Hub = hub,
        };
    }

    public async Task RegisterAsync()
    {
        using var response = await Hub.Http.PostAsJsonAsync(
            "/admin/locations",
            new { url = Hub.Http.BaseAddress, contentToken = Library.ContentTokenFile }
        );
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    /// <summary>Sends an <c>ASSET_COUNT</c> notification as Apple does.</summary>
    public async Task<HttpStatusCode> PostAsync(string id, string? traceparent = null, string? secret = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Library.Configuration.NotificationUrl);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            secret ?? Library.Configuration.NotificationAuthToken
        );
        if (traceparent is not null)
        {
            request.Headers.Add("traceparent", traceparent);
        }

        request.Content = new StringContent(
            $$$"""
            {"notificationId":"{{{id}}}","notificationType":"ASSET_COUNT","uId":"{{{Library.UId}}}",
            "notification":{"adamId":"408709785","pricingParam":"STDQ","countDelta":5}}
            """,
            Encoding.UTF8,
            "application/json"
        );
        using var response = await Hub.Http.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>Waits for a message of the topic <c>assets</c>.</summary>
    public async Task<BusMessage> ReceiveAsync(string type)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var message = await assets.ReadAsync(patience.Token);
            if (message.Text.Contains($"\"type\":\"notificationhub.{type}.v1\"", StringComparison.Ordinal))
            {
                return message;
            }
        }
    }

    /// <summary>Stops the hub, which exports its remaining telemetry.</summary>
    public async Task EndAsync()
    {
        if (!ended)
        {
            ended = true;
            await Hub.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await Apple.DisposeAsync();
        await Bus.DisposeAsync();
        await Collector.DisposeAsync();
    }
}
