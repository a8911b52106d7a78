using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;

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
