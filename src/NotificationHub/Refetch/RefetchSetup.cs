using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch;

internal static class RefetchSetup
{
    /// <summary>Reads from Apple again what notifications say has changed.</summary>
    public static void AddRefetch(this HubBuilder hub)
    {
        hub.AddOptions(RefetchOptions.Section, new RefetchOptionsValidator());
        hub.Services.AddSingleton(services => TimingOf(services.GetRequiredService<IOptions<RefetchOptions>>().Value));
        hub.Services.AddSingleton<RefetchTargets>();
        hub.Services.AddSingleton<TargetStore>();
        hub.Services.AddSingleton<RetiredUsers>();
        hub.Services.AddSingleton<AbsentRecords>();
        hub.Services.AddSingleton<MassRemovals>();
        hub.Services.AddSingleton<LocationSessions>();
        hub.Services.AddSingleton<LocationWatch>();
        hub.Services.AddSingleton<RefetchWalk>();
        hub.Services.AddSingleton<RefetchFailures>();
        hub.Services.AddSingleton<TurnStart>();
        hub.Services.AddSingleton<RefetchPass>();
        hub.Services.AddSingleton<SurveySchedule>();
        hub.Services.AddSingleton<SurveyAbsences>();
        hub.Services.AddSingleton<SurveyCounts>();
        hub.Services.AddSingleton<SurveyCompletion>();
        hub.Services.AddSingleton<SurveyFailures>();
        hub.Services.AddSingleton<SurveyWalk>();
        hub.Services.AddSingleton<SurveyEnd>();
        hub.Services.AddSingleton<SurveyPass>();
        hub.Services.AddSingleton<SurveyOrder>();
        hub.Services.AddSingleton<SurveyRehearsal>();
        hub.Services.AddSingleton<DueWork>();
        hub.Services.AddSingleton<PendingTargets>();
        hub.Services.AddSingleton(services => new TurnQueue(
            services.GetRequiredService<IOptions<RefetchOptions>>().Value.ParallelLocations,
            services.GetRequiredService<IOptions<RefetchOptions>>().Value.ParallelSurveys,
            services.GetRequiredService<TimeProvider>()
        ));
        hub.Services.AddHostedService<RefetchWorker>();
    }

    private static RefetchTiming TimingOf(RefetchOptions options) =>
        new(options.Quiet, options.FirstMaxWait, options.LongestMaxWait) { RereadAfter = options.RereadAfter };
}
