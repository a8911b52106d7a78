using NotificationHub.Hosting;

namespace NotificationHub.OperationTracking;

internal static class OperationsSetup
{
    /// <summary>Follows the MDM's operations at Apple to their end.</summary>
    public static void AddOperations(this HubBuilder hub)
    {
        hub.AddOptions(OperationsOptions.Section, new OperationsOptionsValidator());
        hub.Services.AddSingleton<Announcements>();
        hub.Services.AddSingleton<InquiryFaults>();
        hub.Services.AddSingleton<StatusInquiry>();
        hub.Services.AddSingleton<CountPass>();
        hub.Services.AddSingleton<StatusPass>();
        hub.Services.AddSingleton<LedgerPruning>();
        hub.Services.AddHostedService<LedgerWorker>();
    }
}
