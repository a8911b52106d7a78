using NotificationHub.Hosting;

namespace NotificationHub.OperationTracking;

internal static class OperationsSetup
{
    /// <summary>Follows the MDM's operations at Apple to their end.</summary>
    public static void AddOperations(this HubBuilder hub)
    {
        hub.AddOptions(OperationsOptions.Section, new OperationsOptionsValidator());
        hub.Services.AddSingleton<Announcements>();
        hub.Services.AddSingleton<OperationMetrics>();
        hub.Services.AddSingleton<OperationEvents>();
        hub.Services.AddSingleton<PollFailurePolicy>();
        hub.Services.AddSingleton<EventStatusPoll>();
        hub.Services.AddSingleton<CompletionPass>();
        hub.Services.AddSingleton<EventStatusPoller>();
        hub.Services.AddSingleton<OperationPruning>();
        hub.Services.AddHostedService<OperationWorker>();
    }
}
