using NotificationHub.Hosting;

namespace NotificationHub.Metadata;

internal static class MetadataSetup
{
    public static void AddMetadata(this HubBuilder hub) => hub.Services.AddSingleton<ContentNames>();
}
