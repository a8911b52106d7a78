using NotificationHub.LocalBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>The hub's sender, connected to a local Service Bus.</summary>
internal static class TestSender
{
    public static TopicSender On(LocalServiceBus bus, Action<ServiceBusOptions>? configure = null)
    {
        var options = new ServiceBusOptions { ConnectionString = bus.ConnectionString };
        configure?.Invoke(options);
        return new TopicSender(
            ServiceBusSetup.CreateClient(options, "test", () => new StubCredential(TimeProvider.System)),
            options.SendTimeout,
            TimeProvider.System
        );
    }
}
