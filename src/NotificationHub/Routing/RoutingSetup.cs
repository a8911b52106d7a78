using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotificationHub.Refetch;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal static class RoutingSetup
{
    public static void AddRouting(this HubBuilder hub)
    {
        hub.Services.TryAddSingleton(services =>
            TimingOf(services.GetRequiredService<IOptions<RefetchOptions>>().Value)
        );
        hub.Services.TryAddSingleton<RefetchTargets>();
        hub.Services.AddSingleton(new NotificationRouter(NotificationRoutes.All));
        hub.Services.AddSingleton<Reroute>();
        hub.Services.AddSingleton<RoutingPass>();
        hub.Services.AddHostedService<RoutingWorker>();
    }

    private static RefetchTiming TimingOf(RefetchOptions options) =>
        new(options.Quiet, options.FirstMaxWait, options.LongestMaxWait);
}
