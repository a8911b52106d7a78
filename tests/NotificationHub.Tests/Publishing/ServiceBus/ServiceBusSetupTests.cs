using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Publishing.ServiceBus.Amqp;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class ServiceBusSetupTests
{
    [Fact]
    public void Without_a_bus_there_is_no_sender() => Senders().ShouldBeEmpty();

    [Fact]
    public void A_transport_that_there_is_not_is_refused_with_those_there_are() =>
        Should
            .Throw<ConfigurationException>(() => Senders(("Transport", "Mqtt")))
            .Faults.ShouldHaveSingleItem()
            .ShouldStartWith("  ServiceBus:Transport: the value is no such word: Https or Amqp");

    [Fact]
    public void A_faulty_connection_string_refuses_the_start_and_stays_secret()
    {
        var exception = Should.Throw<ConfigurationException>(() =>
            Senders(("ConnectionString", "Endpoint=http://contoso/;SharedAccessKey=c2VjcmV0"))
        );

        exception.Faults.Count.ShouldBe(2);
        exception.Message.ShouldNotContain("c2VjcmV0");
    }

    private static IEnumerable<ITopicSender> Senders(params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create($"ServiceBus:{setting.Name}", (string?)setting.Value))
        );
        builder.Services.AddSingleton(TimeProvider.System);
        var hub = new HubBuilder(builder);

        hub.AddServiceBus();

        hub.ThrowIfFaulty();
        return builder.Services.BuildServiceProvider().GetServices<ITopicSender>();
    }
}
