using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace NotificationHub.Publishing.ServiceBus;

internal static class ServiceBusSetup
{
    /// <summary>Registers an <see cref="ITopicSender"/> where a Service Bus is configured, and none otherwise.</summary>
    public static ServiceBusOptions AddServiceBus(this HubBuilder hub)
    {
        var options = hub.AddOptions(ServiceBusOptions.Section, new ServiceBusOptionsValidator());
        if (options.IsConfigured)
        {
            hub.Services.TryAddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
            hub.Services.AddSingleton<ITopicSender>(services =>
                ServiceBusPipeline.CreateSender(
                    options,
                    services.GetRequiredService<TokenCredential>,
                    services.GetRequiredService<TimeProvider>()
                )
            );
        }

        return options;
    }
}
