using System.Globalization;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing;

internal static class PublishingSetup
{
    public static void AddPublishing(this HubBuilder hub)
    {
        hub.AddOptions(PublishingOptions.Section, new PublishingOptionsValidator());
        hub.Services.AddSingleton<PublishingMetrics>();
        hub.Services.AddSingleton<CloudEventWriter>();
        hub.Services.AddSingleton<TopicStatuses>();
        hub.Services.AddSingleton<DeadLetterStore>();
        hub.Services.AddSingleton<DeadLetterService>();
        hub.Services.AddSingleton<SubscriptionDeadLetters>();
        hub.Services.AddSingleton<IStageStatus, PublishingStatus>();
        hub.Services.AddSingleton(PublishingStatus.DeadLetterGauge);

        var bus = hub.AddServiceBus();
        if (bus.IsConfigured)
        {
            ValidateSendTimeout(hub, bus);
            foreach (var topic in TopicMap.Topics)
            {
                hub.Services.AddWorker(services => CreateWorker(services, topic, bus.SendTimeout));
            }
        }
    }

    // Leases are renewed every third of their duration, so at least two thirds remain.
    private static void ValidateSendTimeout(HubBuilder hub, ServiceBusOptions bus)
    {
        var setting = hub.Configuration[$"{StorageOptions.Section}:{nameof(StorageOptions.LeaseDuration)}"];
        var lease =
            setting is null ? new StorageOptions().LeaseDuration
            : TimeSpan.TryParse(setting, CultureInfo.InvariantCulture, out var parsed) ? parsed
            : TimeSpan.MaxValue;
        if (bus.SendTimeout + TopicPublisher.CommitMargin >= lease * (2 / 3.0))
        {
            hub.AddError(
                $"{ServiceBusOptions.Section}:{nameof(ServiceBusOptions.SendTimeout)}",
                "must be more than a second shorter than two thirds of Storage:LeaseDuration, so that no send outlives its lease"
            );
        }
    }

    private static TopicPublisherWorker CreateWorker(IServiceProvider services, string topic, TimeSpan sendTimeout)
    {
        var time = services.GetRequiredService<TimeProvider>();
        var database = services.GetRequiredService<Database>();
        var sender = services.GetRequiredService<TopicSender>();
        var logger = services.GetRequiredService<ILogger<TopicPublisher>>();
        var publisher = new TopicPublisher(
            new TopicLog(topic, database, time),
            new TopicMessages(services.GetRequiredService<CloudEventWriter>()),
            sender,
            new TopicStatusTracker(
                topic,
                services.GetRequiredService<TopicStatuses>(),
                services.GetRequiredService<PublishingMetrics>(),
                Random.Shared,
                time,
                logger
            ),
            sendTimeout,
            logger
        );
        return new TopicPublisherWorker(
            publisher,
            database.Signals,
            services.GetRequiredService<LeaseKeeper>(),
            time,
            services.GetRequiredService<ILogger<TopicPublisherWorker>>()
        );
    }
}
