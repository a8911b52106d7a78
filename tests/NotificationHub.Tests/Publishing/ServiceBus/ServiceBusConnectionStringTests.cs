using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class ServiceBusConnectionStringTests
{
    private const string Rest = ";SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0==";

    [Theory]
    [InlineData("Endpoint=sb://contoso.servicebus.windows.net/", "https://contoso.servicebus.windows.net/")]
    [InlineData("endpoint = https://contoso.servicebus.windows.net", "https://contoso.servicebus.windows.net/")]
    [InlineData("Endpoint=http://127.0.0.1:5001/;", "http://127.0.0.1:5001/")]
    public void An_endpoint_becomes_an_address_over_https_or_on_loopback(string endpoint, string expected)
    {
        ServiceBusConnectionString.TryParse(endpoint + Rest, out var connection, out var faults).ShouldBeTrue();

        faults.ShouldBeEmpty();
        connection!.Endpoint.AbsoluteUri.ShouldBe(expected);
        (connection.KeyName, connection.Key).ShouldBe(("send", "c2VjcmV0=="));
    }

    [Theory]
    [InlineData("", "lacks Endpoint", "lacks SharedAccessKeyName", "lacks SharedAccessKey")]
    [InlineData("Endpoint=http://contoso.servicebus.windows.net/" + Rest, "over HTTPS")]
    [InlineData("Endpoint=amqps://contoso.servicebus.windows.net/" + Rest, "begins with sb://")]
    [InlineData("Endpoint=contoso" + Rest, "such as sb://")]
    [InlineData("Endpoint=sb://contoso.servicebus.windows.net/assets" + Rest, "such as sb://")]
    [InlineData("Endpoint=sb://a/;Endpoint=sb://b/" + Rest, "Endpoint twice")]
    [InlineData("Endpoint=sb://a/;EntityPath=assets" + Rest, "EntityPath")]
    [InlineData("Endpoint=sb://a/;UseDevelopmentEmulator=true" + Rest, "emulator")]
    [InlineData("Endpoint=sb://a/;Transport=x" + Rest, "not known")]
    [InlineData("Endpoint=sb://a/;c2VjcmV0" + Rest, "not Name=Value")]
    [InlineData(
        "Endpoint=sb://a/;SharedAccessSignature=c2VjcmV0",
        "ready-made",
        "SharedAccessKeyName",
        "lacks SharedAccessKey"
    )]
    public void Every_fault_is_named_and_no_value_repeated(string text, params string[] expected)
    {
        ServiceBusConnectionString.TryParse(text, out var connection, out var faults).ShouldBeFalse();

        connection.ShouldBeNull();
        faults.Count.ShouldBe(expected.Length);
        foreach (var fault in expected)
        {
            faults.ShouldContain(found => found.Contains(fault));
        }

        string.Concat(faults).ShouldNotContain("c2VjcmV0");
    }
}
