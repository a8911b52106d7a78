using NotificationHub.Health;
using NotificationHub.Hosting;

namespace NotificationHub.Routing;

internal static class RoutingSetup
{
    public static void AddRouting(this HubBuilder hub)
    {
        hub.Services.AddSingleton(new NotificationRouter(NotificationRoutes.All));
        hub.Services.AddSingleton<Reroute>();
        hub.Services.AddSingleton<RoutingMetrics>();
        hub.Services.AddSingleton<RoutingPass>();
        hub.Services.AddHostedService<RoutingWorker>();
        hub.Services.AddSingleton<IStageStatus, RoutingStatus>();
    }
}
