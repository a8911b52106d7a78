using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

public sealed class ServiceBusOptionsTests
{
    private const string Usable =
        "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=c2VjcmV0";

    private static IEnumerable<string> InvalidSettings(ServiceBusOptions options) =>
        new ServiceBusOptionsValidator().Validate(options).Errors.Select(error => error.PropertyName);

    [Fact]
    public void The_defaults_are_valid_and_configure_no_Service_Bus()
    {
        InvalidSettings(new()).ShouldBeEmpty();
        new ServiceBusOptions().IsConfigured.ShouldBeFalse();
    }

    [Fact]
    public void A_namespace_or_a_connection_string_is_enough()
    {
        var named = new ServiceBusOptions { FullyQualifiedNamespace = "contoso.servicebus.windows.net" };
        var connected = new ServiceBusOptions { ConnectionString = Usable };

        InvalidSettings(named).ShouldBeEmpty();
        InvalidSettings(connected).ShouldBeEmpty();
        (named.IsConfigured, connected.IsConfigured).ShouldBe((true, true));
    }

    [Fact]
    public void Both_together_are_an_error() =>
        InvalidSettings(new() { FullyQualifiedNamespace = "contoso.servicebus.windows.net", ConnectionString = Usable })
            .ShouldBe([nameof(ServiceBusOptions.FullyQualifiedNamespace)]);

    [Theory]
    [InlineData("https://contoso.servicebus.windows.net")]
    [InlineData("contoso.servicebus.windows.net/assets")]
    [InlineData("127.0.0.1")]
    public void A_namespace_is_a_host_name_only(string name) =>
        InvalidSettings(new() { FullyQualifiedNamespace = name })
            .ShouldBe([nameof(ServiceBusOptions.FullyQualifiedNamespace)]);

    [Fact]
    public void All_errors_are_reported_at_once() =>
        InvalidSettings(new() { ConnectionString = "Endpoint=sb://a/", SendTimeout = TimeSpan.Zero })
            .ShouldBe(["ConnectionString", "ConnectionString", "SendTimeout"]);
}
