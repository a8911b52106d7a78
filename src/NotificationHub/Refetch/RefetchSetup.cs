using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch;

internal static class RefetchSetup
{
    public static void AddRefetch(this HubBuilder hub)
    {
        hub.AddOptions(RefetchOptions.Section, new RefetchOptionsValidator());
        hub.Services.AddSingleton(services =>
            CreateTiming(services.GetRequiredService<IOptions<RefetchOptions>>().Value)
        );
        hub.Services.AddSingleton<RefetchTargets>();
        hub.Services.AddSingleton<RefetchMetrics>();
        hub.Services.AddSingleton<TargetStore>();
        hub.Services.AddSingleton<RetiredUsers>();
        hub.Services.AddSingleton<AbsentRecords>();
        hub.Services.AddSingleton<MassRemovals>();
        hub.Services.AddSingleton(services => new LocationSessions(
            services.GetRequiredService<AppleClient>(),
            services.GetRequiredService<ContentTokenProtector>(),
            services.GetRequiredService<IOptions<RefetchOptions>>().Value.RequestsPerSecond,
            services.GetRequiredService<TimeProvider>()
        ));
        hub.Services.AddSingleton<LocationStateUpdater>();
        hub.Services.AddSingleton<ReadExecutor>();
        hub.Services.AddSingleton<RefetchFailures>();
        hub.Services.AddSingleton<RefetchContextFactory>();
        hub.Services.AddSingleton<RefetchPass>();
        hub.Services.AddSingleton<DueLocationsQuery>();
        hub.Services.AddSingleton<PendingTargetCount>();
        hub.Services.AddSingleton(services => new LocationScheduler(
            services.GetRequiredService<IOptions<RefetchOptions>>().Value.ParallelLocations,
            LocationScheduler.ParallelFullSyncs,
            services.GetRequiredService<TimeProvider>()
        ));
        hub.Services.AddWorker<RefetchWorker>();
        hub.Services.AddSingleton<IStageStatus, RefetchStatus>();
    }

    private static RefetchTiming CreateTiming(RefetchOptions options) =>
        new(options.QuietPeriod, options.InitialMaxWait, options.LongestMaxWait)
        {
            StaleReadDelay = options.StaleReadDelay,
        };
}
