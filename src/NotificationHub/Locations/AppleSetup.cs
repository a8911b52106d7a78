using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Hosting;

namespace NotificationHub.Locations;

internal static class AppleSetup
{
    /// <summary>Adds one <see cref="AppleClient"/> for all locations.</summary>
    public static void AddApple(this HubBuilder hub)
    {
        hub.AddOptions(AppleOptions.Section, new AppleOptionsValidator());
        hub.Services.AddAppsAndBooksClient();
        hub.Services.AddOptions<AppleClientOptions>()
            .Configure<IOptions<AppleOptions>>((client, apple) => client.BaseUrl = apple.Value.BaseUrl);
    }
}
