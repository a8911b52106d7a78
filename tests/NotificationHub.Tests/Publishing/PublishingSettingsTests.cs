using NotificationHub.Hosting;

namespace NotificationHub.Tests.Publishing;

public sealed class PublishingSettingsTests
{
    private const string Bus =
        "ServiceBus:ConnectionString=Endpoint=sb://127.0.0.1:1/;UseDevelopmentEmulator=true;SharedAccessKeyName=n;SharedAccessKey=aw==";

    [Theory]
    [InlineData("ServiceBus:SendTimeout=00:00:09", "Storage:LeaseDuration=00:00:15", true)]
    [InlineData("ServiceBus:SendTimeout=00:00:08.900", "Storage:LeaseDuration=00:00:15", false)]
    [InlineData("ServiceBus:SendTimeout=00:00:09", "Storage:LeaseDuration=00:00:16", false)]
    public void A_send_may_not_outlive_its_lease(string timeout, string lease, bool isInvalid) =>
        Errors(Bus, timeout, lease)
            .Any(error => error.Contains("ServiceBus:SendTimeout", StringComparison.Ordinal))
            .ShouldBe(isInvalid);

    [Theory]
    [InlineData("https://hub.example.com/base", false)]
    [InlineData("http://127.0.0.1:5080", false)]
    [InlineData("http://hub.example.com", true)]
    [InlineData("https://hub.example.com/?a=b", true)]
    [InlineData("hub.example.com/events", true)]
    public void The_public_URL_must_be_usable_for_consumers(string url, bool isInvalid) =>
        Errors($"Publishing:PublicUrl={url}")
            .Any(error => error.Contains("Publishing:PublicUrl", StringComparison.Ordinal))
            .ShouldBe(isInvalid);

    private static IReadOnlyList<string> Errors(params string[] settings)
    {
        var hub = HubApplication.Compose([.. settings.Select(setting => $"--{setting}")]);
        try
        {
            hub.ThrowIfInvalid();
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Errors;
        }
    }
}
