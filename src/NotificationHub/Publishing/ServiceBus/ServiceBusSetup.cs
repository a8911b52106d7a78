using Azure.Core;
using NotificationHub.Publishing.ServiceBus.Amqp;

namespace NotificationHub.Publishing.ServiceBus;

internal static class ServiceBusSetup
{
    /// <summary>Registers an <see cref="ITopicSender"/> where a Service Bus is configured, and none otherwise.</summary>
    public static ServiceBusOptions AddServiceBus(this HubBuilder hub)
    {
        var options = hub.AddOptions(ServiceBusOptions.Section, new ServiceBusOptionsValidator());
        if (options.IsConfigured)
        {
            hub.Services.AddSingleton(services =>
                CreateSender(
                    options,
                    services.GetRequiredService<TokenCredential>,
                    services.GetRequiredService<TimeProvider>()
                )
            );
        }

        return options;
    }

    // Amqp is refused by the validator where the build lacks it, and nothing is made of faulty settings.
    private static ITopicSender CreateSender(
        ServiceBusOptions options,
        Func<TokenCredential> credential,
        TimeProvider time
    ) =>
        options.Transport == ServiceBusTransport.Amqp && AmqpTransport.Create is { } create
            ? create(options, credential, time)
            : ServiceBusPipeline.CreateSender(options, credential, time);
}
