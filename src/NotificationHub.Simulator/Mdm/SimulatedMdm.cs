using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Simulator.Mdm;

/// <summary>
/// An MDM's endpoint for Apple's notifications, on a free loopback port. It records every request and responds as it is
/// configured; a request with another secret gets 401.
/// </summary>
internal sealed class SimulatedMdm : IAsyncDisposable
{
    public const string Path = "/mdm/notifications";

    private readonly Lock _lock = new();
    private readonly List<MdmDelivery> _deliveries = [];
    private readonly Queue<MdmResponse> _next = new();
    private readonly TimeProvider _time;
    private readonly WebApplication _server;
    private MdmResponse _response = MdmResponse.Accept;
    private int _unauthorized;

    private SimulatedMdm(string secret, TimeProvider time)
    {
        (Secret, _time) = (secret, time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.MapPost(Path, HandleAsync);
    }

    /// <summary>The bearer secret that a delivery must have.</summary>
    public string Secret { get; }

    /// <summary>The <c>notificationUrl</c> of this MDM.</summary>
    public Uri Url => new(new Uri(_server.Urls.Single()), Path);

    /// <summary>The response to each request without one from <see cref="Next"/>; accepts by default.</summary>
    public MdmResponse Response
    {
        get
        {
            lock (_lock)
            {
                return _response;
            }
        }
        set
        {
            lock (_lock)
            {
                _response = value;
            }
        }
    }

    /// <summary>All requests with the right secret, in the order in which they arrived.</summary>
    public IReadOnlyList<MdmDelivery> Deliveries
    {
        get
        {
            lock (_lock)
            {
                return [.. _deliveries];
            }
        }
    }

    /// <summary>The requests that got a 2xx response, in order.</summary>
    public IReadOnlyList<MdmDelivery> Accepted => [.. Deliveries.Where(delivery => delivery.IsAccepted)];

    /// <summary>The number of requests with a wrong secret or without one.</summary>
    public int Unauthorized => Volatile.Read(ref _unauthorized);

    /// <param name="time">Decides when a slow response is sent.</param>
    public static async Task<SimulatedMdm> StartAsync(
        string secret = "the-secret-of-the-mdm",
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    )
    {
        var mdm = new SimulatedMdm(secret, time ?? TimeProvider.System);
        await mdm._server.StartAsync(cancellationToken);
        return mdm;
    }

    /// <summary>Gives these responses to the next requests, one each.</summary>
    public void Next(params IReadOnlyList<MdmResponse> responses)
    {
        lock (_lock)
        {
            foreach (var response in responses)
            {
                _next.Enqueue(response);
            }
        }
    }

    /// <summary>Sets this MDM's URL, secret and owner in Client Config, for all notification types.</summary>
    public void Configure(SimulatedLocation location) =>
        location.Configuration = new ClientConfiguration(
            new MdmInfo("simulated-mdm", "Simulated MDM", ""),
            Url,
            Secret,
            NotificationTypes.All
        );

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        if (http.Request.Headers.Authorization != $"Bearer {Secret}")
        {
            Interlocked.Increment(ref _unauthorized);
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var response = Record(http.Request, body.ToArray());
        try
        {
            if (response.Delay != TimeSpan.Zero)
            {
                await Task.Delay(response.Delay, _time, http.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has closed the connection.
            return;
        }

        if (response.Code is not { } code)
        {
            http.Abort();
            return;
        }

        http.Response.StatusCode = code;
        if (response.RetryAfter is { } pause)
        {
            http.Response.Headers.RetryAfter = pause.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    private MdmResponse Record(HttpRequest request, byte[] body)
    {
        var (id, type) = ReadEnvelope(body);
        var at = _time.GetUtcNow();
        lock (_lock)
        {
            var response = _next.TryDequeue(out var next) ? next : _response;
            _deliveries.Add(
                new MdmDelivery(
                    id,
                    type,
                    body,
                    request.ContentType,
                    request.Headers.UserAgent is [var agent] ? agent : null,
                    at,
                    response
                )
            );
            return response;
        }
    }

    private static (string? Id, string? Type) ReadEnvelope(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? (Text(document.RootElement, "notificationId"), Text(document.RootElement, "notificationType"))
                : (null, null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private static string? Text(JsonElement envelope, string member) =>
        envelope.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
