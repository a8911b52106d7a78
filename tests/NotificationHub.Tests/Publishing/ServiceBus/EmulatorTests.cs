using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using NotificationHub.Hosting;
using NotificationHub.Publishing.ServiceBus;

namespace NotificationHub.Tests.Publishing.ServiceBus;

/// <summary>UseDevelopmentEmulator=true disables TLS.</summary>
public sealed class EmulatorTests
{
    [Theory]
    [InlineData("127.0.0.1:5300", true, "Production", false)]
    [InlineData("localhost", true, "Production", false)]
    [InlineData("bus:5672", true, "Development", false)]
    [InlineData("bus:5672", true, "Production", true)]
    [InlineData("contoso.servicebus.windows.net", true, "Production", true)]
    [InlineData("contoso.servicebus.windows.net", false, "Production", false)]
    public void Outside_Development_only_a_loopback_host_may_be_used_without_TLS(
        string host,
        bool emulator,
        string environment,
        bool isFault
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Configuration.AddInMemoryCollection([
            KeyValuePair.Create(
                "ServiceBus:ConnectionString",
                (string?)
                    $"Endpoint=sb://{host}/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator={emulator}"
            ),
        ]);
        var hub = new HubBuilder(builder);

        hub.AddServiceBus();

        var fault = Record.Exception(hub.ThrowIfInvalid);
        (fault is not null).ShouldBe(isFault);
        fault?.Message.ShouldContain("ServiceBus:ConnectionString: disables TLS");
        fault?.Message.ShouldNotContain("c2VjcmV0");
    }
}
