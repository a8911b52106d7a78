using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.FullSync;

internal static class FullSyncSetup
{
    public static void AddFullSync(this HubBuilder hub)
    {
        hub.AddOptions(FullSyncOptions.Section, new FullSyncOptionsValidator());
        hub.Services.AddSingleton<FullSyncSchedule>();
        hub.Services.AddSingleton<UnseenRecords>();
        hub.Services.AddSingleton<CountMismatches>();
        hub.Services.AddSingleton<FullSyncCompletion>();
        hub.Services.AddSingleton<FullSyncFailures>();
        hub.Services.AddSingleton<FullSyncRead>();
        hub.Services.AddSingleton<FullSyncFinalizer>();
        hub.Services.AddSingleton<FullSyncPass>();
        hub.Services.AddSingleton<ILocationWork>(services => services.GetRequiredService<FullSyncPass>());
        hub.Services.AddSingleton<ReconcileRequest>();
        hub.Services.AddSingleton<ReconcileDryRun>();
        hub.Services.AddSingleton<IStageStatus, FullSyncStatus>();
    }
}
