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

    private RunningHub(WebApplication app) => this.app = app;

    public Uri Url => new(app.Urls.Single());

    public Database Database => app.Services.GetRequiredService<Database>();

    /// <param name="settings">More settings, as <c>--Section:Key=value</c>.</param>
    public static Task<RunningHub> StartAsync(
        string folder,
        SimulatedApple apple,
        LocalServiceBus bus,
        CancellationToken cancellationToken,
        params string[] settings
    ) => StartAsync(folder, apple, bus, configure: null, cancellationToken, settings);

    public static async Task<RunningHub> StartAsync(
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
        try
        {
            await app.StartAsync(cancellationToken);
            return new RunningHub(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Registers the location like <c>locations add</c>: Client Config, test notification, confirmation.</summary>
    /// <param name="relay">Whether the MDM that has the notification URL receives the notifications from the hub.</param>
    /// <returns>The hub's ID of the location.</returns>
    public async Task<string> RegisterAsync(SimulatedLocation location, bool relay, CancellationToken cancellationToken)
    {
        var registration = app.Services.GetRequiredService<LocationRegistration>();
        var token = NotificationHub.Apple.ContentToken.Parse(location.ContentTokenFile);
        var takeover = new TakeoverRequest(relay ? TakeoverMode.Relay : TakeoverMode.Refuse);
        var request = new RegistrationRequest(token, Url, Takeover: takeover);
        var registered = await registration.RegisterAsync(request, cancellationToken);
        return registered.Location.LocationId;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }
}
