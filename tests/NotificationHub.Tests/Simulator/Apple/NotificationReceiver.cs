using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>Receives notifications and returns 200 by default.</summary>
internal sealed class NotificationReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedDelivery> _deliveries = new();
    private readonly WebApplication _server;

    private NotificationReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(ReceiveAsync);
    }

    public Uri Url { get; private set; } = new("http://127.0.0.1/notifications/1");

    /// <summary>The status of the next responses; 200 afterwards.</summary>
    public ConcurrentQueue<int> NextAnswers { get; } = new();

    public IReadOnlyList<ReceivedDelivery> Deliveries => [.. _deliveries];

    /// <summary>The received notifications, without the test notification of Client Config.</summary>
    public IReadOnlyList<ReceivedDelivery> Notifications =>
        [.. _deliveries.Where(notification => notification.Type != "TEST_NOTIFICATION")];

    public static async Task<NotificationReceiver> StartAsync()
    {
        var receiver = new NotificationReceiver();
        await receiver._server.StartAsync();
        var addresses = receiver._server.Services.GetRequiredService<IServer>().Features;
        receiver.Url = new Uri(addresses.Get<IServerAddressesFeature>()!.Addresses.Single() + "/notifications/1");
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        var body = await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        _deliveries.Enqueue(new(http.Request.Headers.Authorization.ToString(), body!.AsObject()));
        http.Response.StatusCode = NextAnswers.TryDequeue(out var status) ? status : 200;
    }
}

internal sealed record ReceivedDelivery(string Authorization, JsonObject Body)
{
    public string Id => (string)Body["notificationId"]!;

    public string Type => (string)Body["notificationType"]!;

    public JsonObject Payload => Body["notification"]!.AsObject();

    public int Elements(string name) => Payload[name]!.AsArray().Count;
}
