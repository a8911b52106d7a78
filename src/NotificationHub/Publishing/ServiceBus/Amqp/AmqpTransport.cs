using Azure.Core;

namespace NotificationHub.Publishing.ServiceBus.Amqp;

/// <summary>The one place that knows whether this build contains the Service Bus SDK, and with it the AMQP sender.</summary>
internal static class AmqpTransport
{
    /// <summary>What a build needs to contain it.</summary>
    public const string BuildSwitch = "-p:ServiceBusSdk=true";

    /// <summary>Makes the sender of validated options; null where the build does not contain it.</summary>
    public static Func<ServiceBusOptions, Func<TokenCredential>, TimeProvider, ITopicSender>? Create =>
        ServiceBusAmqpSender.Create;
}
