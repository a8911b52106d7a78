using NotificationHub.Health;
using NotificationHub.Hosting;

namespace NotificationHub.OperationTracking;

internal static class OperationTrackingSetup
{
    public static void AddOperationTracking(this HubBuilder hub)
    {
        hub.AddOptions(OperationTrackingOptions.Section, new OperationTrackingOptionsValidator());
        hub.Services.AddSingleton<Announcements>();
        hub.Services.AddSingleton<OperationMetrics>();
        hub.Services.AddSingleton<OperationEvents>();
        hub.Services.AddSingleton<PollFailurePolicy>();
        hub.Services.AddSingleton<EventStatusPoll>();
        hub.Services.AddSingleton<CompletionPass>();
        hub.Services.AddSingleton<EventStatusPoller>();
        hub.Services.AddSingleton<OperationPruning>();
        hub.Services.AddHostedService<OperationWorker>();
        hub.Services.AddSingleton<IStageStatus, OperationTrackingStatus>();
    }
}
