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

    [Theory]
    [InlineData("FullyQualifiedNamespace", "contoso.servicebus.windows.net")]
    [InlineData("ConnectionString", "Endpoint=sb://contoso/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0")]
    public void With_a_bus_there_is_one_of_its_size(string setting, string value) =>
        Senders((setting, value), ("MaxBatchBytes", "1048576")).Single().MaxBatchBytes.ShouldBe(1048575);

    [Fact]
    public void Https_is_what_it_is_sent_over_unless_the_settings_say_otherwise() =>
        Senders(("FullyQualifiedNamespace", "contoso.servicebus.windows.net"))
            .Single()
            .ShouldBeOfType<ServiceBusHttpSender>();

    [Theory]
    [InlineData("FullyQualifiedNamespace", "contoso.servicebus.windows.net")]
    [InlineData("ConnectionString", "Endpoint=sb://contoso/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0")]
    public void Amqp_is_there_where_the_build_contains_it_and_says_elsewhere_what_to_do(string setting, string value)
    {
        (string, string)[] settings = [(setting, value), ("Transport", "Amqp")];

        if (AmqpTransport.Create is null)
        {
            Should
                .Throw<ConfigurationException>(() => Senders(settings))
                .Faults.ShouldHaveSingleItem()
                .ShouldBe(
                    "  ServiceBus:Transport: this build does not contain the Service Bus SDK: "
                        + "build it with -p:ServiceBusSdk=true, or set Https"
                );
        }
        else
        {
            var sender = Senders(settings).Single();
            sender.GetType().Name.ShouldBe("ServiceBusAmqpSender");
            sender.MaxBatchBytes.ShouldBeLessThan(new ServiceBusOptions().MaxBatchBytes);
        }
    }

    [Fact]
    public void A_transport_that_there_is_not_is_refused_with_those_there_are() =>
        Should
            .Throw<ConfigurationException>(() => Senders(("Transport", "Mqtt")))
            .Faults.ShouldHaveSingleItem()
            .ShouldStartWith("  ServiceBus:Transport: the value is no such word: Https or Amqp");

    [Fact]
    public void Only_a_build_that_asks_for_it_needs_the_sdk() =>
        typeof(AmqpTransport)
            .Assembly.GetReferencedAssemblies()
            .Any(assembly => assembly.Name == "Azure.Messaging.ServiceBus")
            .ShouldBe(AmqpTransport.Create is not null);

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
