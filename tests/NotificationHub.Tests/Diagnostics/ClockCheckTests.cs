using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Apple;
using NotificationHub.Diagnostics;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Diagnostics;

public sealed class ClockCheckTests
{
    [Theory]
    [InlineData(0, false, "agrees with")]
    [InlineData(20, false, "agrees with")]
    [InlineData(600, true, "ahead of")]
    [InlineData(-600, true, "behind")]
    public async Task The_clock_is_compared_with_the_date_of_Apples_response(int seconds, bool failed, string found)
    {
        await using var apple = await SimulatedApple.StartAsync();
        using var http = new HttpClient();
        var options = new AppleClientOptions { BaseUrl = apple.BaseUrl };
        using var client = new AppleClient(http, options, TimeProvider.System);
        await using var services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds));

        var result = (
            await new ClockCheck(client, services.GetRequiredService<IHttpClientFactory>(), clock).CheckAsync(
                Actor.CommandLine,
                CancellationToken.None
            )
        ).ShouldHaveSingleItem();

        result.Status.ShouldBe(failed ? DiagnosticStatus.Failed : DiagnosticStatus.Ok);
        result.Found.ShouldContain(found);
    }
}
