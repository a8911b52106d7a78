using NotificationHub.Hosting;

namespace NotificationHub.Erasure;

internal static class PrivacySetup
{
    /// <summary>Takes a person's or a device's data out of everything that is kept.</summary>
    public static void AddPrivacy(this HubBuilder hub)
    {
        hub.Services.AddSingleton<PersonPurge>();
        hub.Services.AddSingleton<PurgeDesk>();
        hub.Services.AddHostedService<PurgeWorker>();
    }
}
