using Azure.Messaging.ServiceBus;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class ServiceBusConnectionStringTests
{
    private const string Rest = ";SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0==";

    [Theory]
    [InlineData("Endpoint=sb://contoso.servicebus.windows.net/", "contoso.servicebus.windows.net")]
    [InlineData("endpoint = sb://contoso.servicebus.windows.net", "contoso.servicebus.windows.net")]
    [InlineData("Endpoint=sb://127.0.0.1:5001;UseDevelopmentEmulator=true", "127.0.0.1:5001")]
    public void A_string_that_the_SDK_accepts_is_valid_and_has_a_host(string endpoint, string expected)
    {
        ServiceBusConnectionString.Validate(endpoint + Rest).ShouldBeEmpty();

        ServiceBusConnectionString.GetHost(endpoint + Rest).ShouldBe(expected);
        Should.NotThrow(() => new ServiceBusClient(endpoint + Rest));
    }

    [Theory]
    [InlineData("", "lacks Endpoint", "lacks SharedAccessKeyName", "lacks SharedAccessKey")]
    [InlineData("Endpoint=http://contoso.servicebus.windows.net/" + Rest, "such as sb://")]
    [InlineData("Endpoint=amqps://contoso.servicebus.windows.net/" + Rest, "such as sb://")]
    [InlineData("Endpoint=contoso" + Rest, "such as sb://")]
    [InlineData("Endpoint=sb://contoso.servicebus.windows.net/assets" + Rest, "such as sb://")]
    [InlineData("Endpoint=sb://a/;Endpoint=sb://b/" + Rest, "Endpoint twice")]
    [InlineData("Endpoint=sb://a/;sharedaccesskey=c2VjcmV0" + Rest, "SharedAccessKey twice")]
    [InlineData("Endpoint=sb://a/;c2VjcmV0=;c2VjcmV0=" + Rest, "an unknown part twice", "has an unknown part;")]
    [InlineData("Endpoint=sb://a/;EntityPath=assets" + Rest, "EntityPath")]
    [InlineData("Endpoint=sb://a/;UseDevelopmentEmulator=yes" + Rest, "true or false")]
    [InlineData("Endpoint=sb://a/;Transport=x" + Rest, "unknown part")]
    [InlineData("Endpoint=sb://a/;c2VjcmV0" + Rest, "not Name=Value")]
    [InlineData(
        "Endpoint=sb://a/;SharedAccessSignature=c2VjcmV0",
        "ready-made",
        "SharedAccessKeyName",
        "lacks SharedAccessKey"
    )]
    public void Every_error_is_named_and_no_value_is_repeated(string text, params string[] expected)
    {
        var faults = ServiceBusConnectionString.Validate(text);

        faults.Count.ShouldBe(expected.Length);
        foreach (var fault in expected)
        {
            faults.ShouldContain(found => found.Contains(fault));
        }

        string.Concat(faults).ShouldNotContain("c2VjcmV0");
    }
}
