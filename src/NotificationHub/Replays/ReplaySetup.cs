using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Replays;

internal static class ReplaySetup
{
    public static void AddReplays(this HubBuilder hub)
    {
        hub.Services.AddSingleton<ReplayMetrics>();
        hub.Services.AddSingleton<ReplayService>();
        hub.Services.AddSingleton<IStageStatus, ReplayStatus>();
        hub.Services.AddSingleton(ReplayStatus.ActiveGauge);
        var bus = hub.OptionsOf<ServiceBusOptions>();
        if (bus.IsConfigured)
        {
            hub.Services.AddSingleton(services => new ReplaySender(
                ServiceBusSetup.CreateSender(services, bus),
                bus.SendTimeout
            ));
            hub.Services.AddSingleton<ReplayPass>();
            hub.Services.AddWorker<ReplayWorker>();
        }
    }
}
