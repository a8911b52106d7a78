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
        hub.Services.AddHttpClient(AppleOptions.Section, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(AppleClient.CreateHandler)
            // The handler renews its own connections.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // A query string names people and devices.
            .RemoveAllLoggers();
        hub.Services.AddSingleton(services => new AppleClient(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(AppleOptions.Section),
            new AppleClientOptions { BaseUrl = services.GetRequiredService<IOptions<AppleOptions>>().Value.BaseUrl },
            services.GetRequiredService<TimeProvider>()
        ));
    }
}
