using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Simulator.Apple.Delivery;
using NotificationHub.Simulator.Apple.Endpoints;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator.Apple;

/// <summary>
/// Apple's App and Book Management API on a free loopback port. It was written from Apple's documentation,
/// independently of the client in this repository, so that each checks the other.
/// </summary>
internal sealed class SimulatedApple : IAsyncDisposable
{
    private readonly ConcurrentQueue<SimulatedLocation> _locations = new();
    private readonly DeliveryLog _deliveries;
    private readonly SimulationContext _context;
    private readonly WebApplication _server;
    private bool _isDisposed;

    private SimulatedApple(SimulatedAppleOptions options)
    {
        Requests = new RequestLog(options.KeepHistory);
        _deliveries = new DeliveryLog(options.KeepHistory);
        var random = new SeededRandom(options.Seed);
        var pendingWork = new PendingWork();
        _context = new SimulationContext(
            options,
            random,
            new SimulatedAppleFaults(random),
            new AppleLimits(options.RequestsPerSecond),
            new Violations(),
            pendingWork,
            new NotificationDelivery(options, random, pendingWork, _deliveries)
        );
        _server = BuildServer(
            options,
            new RequestHandler(_context, Requests, () => _locations),
            new ControlApi(_context, Requests, () => _locations)
        );
    }

    /// <summary>The root of the API, such as <c>http://127.0.0.1:41234/mdm/v2</c>.</summary>
    public Uri BaseUrl { get; private set; } = new("http://127.0.0.1" + RequestHandler.BasePath);

    /// <summary>Where records are changed and faults injected over HTTP.</summary>
    public Uri ControlUrl => new(BaseUrl, ControlApi.Path);

    public RequestLog Requests { get; }

    public SimulatedAppleFaults Faults => _context.Faults;

    public AppleLimits Limits => _context.Limits;

    /// <summary>Requests that Apple would reject; empty for a correct client.</summary>
    public IReadOnlyList<string> Violations => _context.Violations.Found;

    public IReadOnlyCollection<SimulatedLocation> Locations => _locations;

    /// <summary>All notifications with their attempts, in the order in which they were created.</summary>
    public IReadOnlyList<DeliveredNotification> Notifications => _deliveries.All;

    public DeliveryCounts DeliveryCounts => _deliveries.Counts;

    public static async Task<SimulatedApple> StartAsync(
        SimulatedAppleOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var apple = new SimulatedApple(options ?? new SimulatedAppleOptions());
        await apple._server.StartAsync(cancellationToken);
        var address = apple
            ._server.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Single();
        apple.BaseUrl = new Uri($"http://127.0.0.1:{new Uri(address).Port}{RequestHandler.BasePath}");
        return apple;
    }

    /// <param name="uId">The library ID; generated in Apple's form by default.</param>
    /// <param name="tokenExpiresAt">A year from now by default.</param>
    public SimulatedLocation AddLocation(
        string? uId = null,
        string locationName = "Zürich Hauptsitz",
        string country = "CH",
        DateTimeOffset? tokenExpiresAt = null
    )
    {
        var location = new SimulatedLocation(
            _context,
            uId ?? string.Create(CultureInfo.InvariantCulture, $"{2049025000431439 + _locations.Count}"),
            locationName,
            country,
            tokenExpiresAt ?? _context.Options.TimeProvider.GetUtcNow().AddYears(1)
        );
        _locations.Enqueue(location);
        return location;
    }

    /// <summary>Completes when every accepted event is processed and every notification is delivered or abandoned.</summary>
    public Task WaitUntilDeliveredAsync(CancellationToken cancellationToken = default) =>
        _context.PendingWork.Idle.WaitAsync(cancellationToken);

    /// <summary>Stops listening after the open requests are answered.</summary>
    public Task StopAsync() => _server.StopAsync(CancellationToken.None);

    /// <summary>Stops at once; pending notifications are never delivered.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _server.DisposeAsync();
        foreach (var location in _locations)
        {
            await location.DisposeAsync();
        }

        _context.Delivery.Stop();
        await _context.PendingWork.Idle;
        _context.Delivery.Dispose();
    }

    private static WebApplication BuildServer(SimulatedAppleOptions options, RequestHandler handler, ControlApi control)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(options.AnyAddress ? IPAddress.Any : IPAddress.Loopback, options.Port)
        );
        var server = builder.Build();
        server.Run(http => ControlApi.Takes(http.Request.Path) ? control.HandleAsync(http) : handler.HandleAsync(http));
        return server;
    }
}
