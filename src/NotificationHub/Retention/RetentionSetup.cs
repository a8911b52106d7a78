using NotificationHub.Health;
using NotificationHub.Hosting;

namespace NotificationHub.Retention;

internal static class RetentionSetup
{
    public static void AddRetention(this HubBuilder hub)
    {
        hub.AddOptions(RetentionOptions.Section, new RetentionOptionsValidator());
        hub.Services.AddSingleton<WriteThrottle>();
        hub.Services.AddSingleton<EventRetentionLimit>();
        hub.Services.AddSingleton<LogAges>();
        hub.Services.AddSingleton<RetentionMetrics>();
        hub.Services.AddSingleton<RetentionPass>();
        hub.Services.AddSingleton<DueTimes>();
        hub.Services.AddWorker<RetentionWorker>();
        hub.Services.AddSingleton<IStageStatus, RetentionStatus>();
    }
}
