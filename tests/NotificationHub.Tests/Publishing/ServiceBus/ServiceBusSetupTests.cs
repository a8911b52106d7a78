using Azure.Messaging.ServiceBus;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class ServiceBusSetupTests
{
    [Fact]
    public void Without_Service_Bus_there_is_no_sender() => Senders().ShouldBeEmpty();

    [Theory]
    [InlineData(false, ServiceBusTransportType.AmqpTcp)]
    [InlineData(true, ServiceBusTransportType.AmqpWebSockets)]
    public async Task The_client_uses_the_transport_of_the_settings(
        bool useWebSockets,
        ServiceBusTransportType expected
    )
    {
        var options = new ServiceBusOptions
        {
            FullyQualifiedNamespace = "contoso.servicebus.windows.net",
            UseWebSockets = useWebSockets,
        };

        await using var client = ServiceBusSetup.CreateClient(
            options,
            "replica",
            () => new StubCredential(TimeProvider.System)
        );

        (client.TransportType, client.Identifier).ShouldBe((expected, "NotificationHub-replica"));
    }

    [Fact]
    public void An_invalid_connection_string_prevents_the_start_and_is_not_shown()
    {
        var exception = Should.Throw<ConfigurationException>(() =>
            Senders(("ConnectionString", "Endpoint=http://contoso/;SharedAccessKey=c2VjcmV0"))
        );

        exception.Errors.Count.ShouldBe(2);
        exception.Message.ShouldNotContain("c2VjcmV0");
    }

    private static IEnumerable<TopicSender> Senders(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"ServiceBus:{setting.Name}", (string?)setting.Value))
        );
        builder.Services.AddSingleton(TimeProvider.System);
        var hub = new HubBuilder(builder);

        hub.AddServiceBus();

        hub.ThrowIfInvalid();
        return builder.Services.BuildServiceProvider().GetServices<TopicSender>();
    }
}
