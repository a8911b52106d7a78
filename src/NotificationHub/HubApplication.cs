using NotificationHub.Admin;
using NotificationHub.Auth;
using NotificationHub.Diagnostics;
using NotificationHub.Erasure;
using NotificationHub.Feed;
using NotificationHub.FullSync;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Metadata;
using NotificationHub.OperationTracking;
using NotificationHub.Publishing;
using NotificationHub.Refetch;
using NotificationHub.Relay;
using NotificationHub.Replays;
using NotificationHub.Retention;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Telemetry;
using NotificationHub.WebConsole;

namespace NotificationHub;

/// <summary>Composition root of the service, the simulator, the tests and the benchmarks.</summary>
internal static class HubApplication
{
    /// <param name="args">Settings as <c>--Section:Key=value</c>; they override the environment and <c>appsettings.json</c>.</param>
    /// <param name="configure">Changes the services, for a program that hosts the hub.</param>
    /// <exception cref="ConfigurationException">Settings are invalid; the message lists all errors.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var hub = Compose(args);
        hub.ThrowIfInvalid();
        configure?.Invoke(hub.Host);

        var app = hub.Host.Build();
        Map(app);
        app.ReportStart(hub.FindMisspelled());
        return app;
    }

    public static void Map(WebApplication app)
    {
        app.UseAdminListeners();
        app.UseProblemDetails();
        app.MapIntake();
        app.MapFeed();
        app.MapHealth();
        app.MapAdmin(admin =>
        {
            admin.MapAdminEndpoints();
            admin.MapHealthDetail();
            admin.MapOperations(HubPrincipal.ActorOf);
        });
        app.MapWebConsole();
    }

    /// <summary>Registers all services. Commands use some of them and start nothing.</summary>
    /// <param name="args">As for <see cref="Build"/>.</param>
    public static HubBuilder Compose(string[] args)
    {
        var builder = WebApplication.CreateBuilder(
            // appsettings.json is next to the program; the data folder is in the working directory.
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
        );
        var hub = new HubBuilder(builder);
        hub.RejectInvalidLogging();
        hub.AddTelemetry();
        hub.AddListenAddresses();
        hub.RejectForwardedHeadersInDevelopment();
        hub.AddResponseHeaders();
        hub.AddAzureIdentity();
        hub.AddStorage();
        hub.AddIntake();
        hub.AddRouting();
        hub.AddPublishing();
        hub.AddReplays();
        hub.AddAuth();
        hub.AddFeed();
        hub.AddLocations();
        hub.AddRelay();
        hub.AddRefetch();
        hub.AddFullSync();
        hub.AddMetadata();
        hub.AddOperationTracking();
        hub.AddRetention();
        hub.AddErasure();
        hub.AddAdmin();
        var intake = hub.OptionsOf<IntakeOptions>();
        hub.AddConnections(intake.MaxConnections, intake.MaxConnectionsPerAddress);
        hub.AddDiagnostics();
        hub.AddHealth();
        hub.AddWebConsole();
        hub.AddDrain();
        hub.RejectUnknownArguments(args);
        return hub;
    }
}
