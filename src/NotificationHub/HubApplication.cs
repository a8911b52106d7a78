using NotificationHub.Admin;
using NotificationHub.Auth;
using NotificationHub.CommandLine;
using NotificationHub.Diagnostics;
using NotificationHub.Erasure;
using NotificationHub.Feed;
using NotificationHub.FullSync;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.OperationTracking;
using NotificationHub.Publishing;
using NotificationHub.Refetch;
using NotificationHub.Retention;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub;

/// <summary>Puts the hub together; the service, the simulator, the tests and the benchmarks all run what this builds.</summary>
internal static class HubApplication
{
    /// <param name="args">Settings as <c>--Section:Key=value</c>; they win over the environment and <c>appsettings.json</c>.</param>
    /// <param name="configure">A last word on the services, for a host that runs the hub within itself.</param>
    /// <exception cref="ConfigurationException">The settings are not usable; all faults are named at once.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var hub = Compose(args);
        configure?.Invoke(hub.Host);
        hub.ThrowIfFaulty();

        var app = hub.Host.Build();
        Map(app);
        app.ReportStart(hub.FindMisspelt());
        return app;
    }

    /// <summary>Maps every route of the hub.</summary>
    public static void Map(WebApplication app)
    {
        app.UseAdminListeners();
        app.MapIntake();
        app.MapFeed();
        app.MapHealth();
        app.MapAdmin(admin =>
        {
            admin.MapAdminEndpoints();
            admin.MapHealthDetail();
            admin.MapOperations(HubPrincipal.ActorOf);
        });
    }

    /// <summary>Everything the hub is made of, before it is built; the commands take from it what they need and start nothing.</summary>
    /// <param name="args">As for <see cref="Build"/>.</param>
    public static HubBuilder Compose(string[] args)
    {
        var builder = WebApplication.CreateBuilder(
            // appsettings.json lies beside the program, wherever it is started from; the data folder does not.
            new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
        );
        var hub = new HubBuilder(builder);
        hub.AddTelemetry();
        hub.AddListenAddresses();
        hub.RefuseForwardedHeadersInDevelopment();
        hub.AddResponseHeaders();
        hub.AddAzureIdentity();
        hub.AddStorage();
        hub.AddIntake();
        hub.AddRouting();
        hub.AddPublishing();
        hub.AddAuth();
        hub.AddFeed();
        hub.AddLocations();
        hub.AddRefetch();
        hub.AddFullSync();
        hub.AddOperationTracking();
        hub.AddAudit();
        hub.AddRetention();
        hub.AddPrivacy();
        hub.AddAdmin();
        var intake = hub.OptionsOf<IntakeOptions>();
        hub.AddConnections(intake.MaxConnections, intake.MaxConnectionsPerAddress);
        hub.AddDiagnosis();
        hub.AddHealth();
        hub.AddDrain();
        hub.RefuseUnknownArguments(args);
        return hub;
    }
}
