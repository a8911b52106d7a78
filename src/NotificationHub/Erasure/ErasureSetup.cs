using NotificationHub.Hosting;

namespace NotificationHub.Erasure;

internal static class ErasureSetup
{
    /// <summary>Takes a person's or a device's data out of everything that is kept.</summary>
    public static void AddPrivacy(this HubBuilder hub)
    {
        hub.Services.AddSingleton<ErasureRun>();
        hub.Services.AddSingleton<ErasureService>();
        hub.Services.AddHostedService<ErasureWorker>();
    }
}
