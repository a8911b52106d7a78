using NotificationHub.Health;
using NotificationHub.Hosting;

namespace NotificationHub.Relay;

internal static class RelaySetup
{
    public static void AddRelay(this HubBuilder hub)
    {
        hub.Services.AddSingleton<RelayFanOut>();
        hub.Services.AddSingleton<RelayMetrics>();
        hub.Services.AddSingleton<RelaySender>();
        hub.Services.AddSingleton<RelayPass>();
        hub.Services.AddSingleton<RelayService>();
        hub.Services.AddSingleton<IStageStatus, RelayStatus>();
        hub.Services.AddWorker<RelayWorker>();
    }
}
