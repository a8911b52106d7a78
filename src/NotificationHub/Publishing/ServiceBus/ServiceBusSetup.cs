using Azure.Core;
using Azure.Messaging.ServiceBus;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing.ServiceBus;

internal static class ServiceBusSetup
{
    /// <summary>Registers a <see cref="TopicSender"/> if a Service Bus namespace is configured.</summary>
    public static ServiceBusOptions AddServiceBus(this HubBuilder hub)
    {
        var options = hub.AddOptions(ServiceBusOptions.Section, new ServiceBusOptionsValidator());
        if (
            options.ConnectionString is { Length: > 0 } text
            && !hub.Environment.IsDevelopment()
            && ServiceBusConnectionString.GetUnencryptedAddress(text) is { IsLoopback: false }
        )
        {
            hub.AddError(
                $"{ServiceBusOptions.Section}:{nameof(ServiceBusOptions.ConnectionString)}",
                "disables TLS (UseDevelopmentEmulator=true); outside Development, this is accepted only for a loopback host"
            );
        }

        if (options.IsConfigured)
        {
            hub.Services.AddSingleton(services => CreateSender(services, options));
        }

        return options;
    }

    /// <summary>Creates a sender with its own connection.</summary>
    public static TopicSender CreateSender(IServiceProvider services, ServiceBusOptions options) =>
        new(
            CreateClient(
                options,
                services.GetService<LeaseKeeper>()?.Owner,
                services.GetRequiredService<TokenCredential>
            ),
            options.SendTimeout,
            services.GetRequiredService<TimeProvider>()
        );

    /// <param name="identifier">The replica's name, which Service Bus writes to its logs.</param>
    public static ServiceBusClient CreateClient(
        ServiceBusOptions options,
        string? identifier,
        Func<TokenCredential> credential
    )
    {
        var settings = new ServiceBusClientOptions
        {
            Identifier = identifier is null ? "NotificationHub" : $"NotificationHub-{identifier}",
            TransportType = options.UseWebSockets
                ? ServiceBusTransportType.AmqpWebSockets
                : ServiceBusTransportType.AmqpTcp,
        };
        // One attempt: the publisher knows when to retry, and how much of its lease is left.
        settings.RetryOptions.MaxRetries = 0;
        settings.RetryOptions.TryTimeout = options.SendTimeout;
        return options.ConnectionString is { Length: > 0 } text
            ? new ServiceBusClient(text, settings)
            : new ServiceBusClient(options.FullyQualifiedNamespace, credential(), settings);
    }
}
