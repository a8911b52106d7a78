using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.LocalBus;
using NotificationHub.Locations;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>The real hub in this process, on a free port.</summary>
internal sealed class RunningHub : IAsyncDisposable
{
    private readonly WebApplication app;

    private RunningHub(WebApplication app, Task started) => (this.app, Started) = (app, started);

    /// <summary>Completes when the hub has opened its database and started its stages.</summary>
    public Task Started { get; }

    public IServiceProvider Services => app.Services;

    public Uri Url => new(app.Urls.Single());

    public Database Database => app.Services.GetRequiredService<Database>();

    /// <param name="settings">More settings, as <c>--Section:Key=value</c>.</param>
    public static async Task<RunningHub> StartAsync(
        string folder,
        SimulatedApple apple,
        LocalServiceBus bus,
        CancellationToken cancellationToken,
        params string[] settings
    )
    {
        var hub = await LaunchAsync(folder, apple, bus, configure: null, cancellationToken, settings);
        try
        {
            await hub.Started;
            return hub;
        }
        catch
        {
            await hub.app.DisposeAsync();
            throw;
        }
    }

    private bool IsListening => !app.Urls.Any(url => url.EndsWith(":0", StringComparison.Ordinal));

    /// <summary>Returns when the hub listens; <see cref="Started"/> may still wait for the database.</summary>
    public static async Task<RunningHub> LaunchAsync(
        string folder,
        SimulatedApple apple,
        LocalServiceBus bus,
        Action<WebApplicationBuilder>? configure,
        CancellationToken cancellationToken,
        params string[] settings
    )
    {
        string[] arguments =
        [
            "--urls=http://127.0.0.1:0",
            "--environment=Development",
            "--Logging:LogLevel:Default=Error",
            "--Logging:Console:LogToStandardErrorThreshold=Trace",
            $"--Storage:ConnectionString=Data Source={Path.Combine(folder, "notificationhub.db")}",
            $"--Apple:BaseUrl={apple.BaseUrl}",
            $"--ServiceBus:ConnectionString={bus.ConnectionString}",
            .. settings,
        ];
        var app = HubApplication.Build(arguments, configure);
        var hub = new RunningHub(app, app.StartAsync(cancellationToken));
        try
        {
            while (!hub.IsListening && !hub.Started.IsFaulted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), cancellationToken);
            }

            await (hub.Started.IsFaulted ? hub.Started : Task.CompletedTask);
            return hub;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Registers the location like <c>locations add</c>: Client Config, test notification, confirmation.</summary>
    /// <param name="relay">Whether the MDM that has the notification URL receives the notifications from the hub.</param>
    /// <param name="publicUrl">Where Apple reaches the hub; null for the hub itself.</param>
    /// <returns>The hub's ID of the location.</returns>
    public async Task<string> RegisterAsync(
        SimulatedLocation location,
        bool relay,
        CancellationToken cancellationToken,
        Uri? publicUrl = null
    )
    {
        var registration = app.Services.GetRequiredService<LocationRegistration>();
        var token = NotificationHub.Apple.ContentToken.Parse(location.ContentTokenFile);
        var takeover = new TakeoverRequest(relay ? TakeoverMode.Relay : TakeoverMode.Refuse);
        var request = new RegistrationRequest(token, publicUrl ?? Url, Takeover: takeover);
        var registered = await registration.RegisterAsync(request, cancellationToken);
        return registered.Location.LocationId;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
