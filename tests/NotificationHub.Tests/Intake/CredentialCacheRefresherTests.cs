using NotificationHub.Hosting;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

public sealed class CredentialCacheRefresherTests
{
    [Fact]
    public async Task A_shutdown_that_times_out_ends_without_an_exception()
    {
        await using var hub = await HubHost.StartAsync();
        var refresher = hub.Services.GetWorker<CredentialCacheRefresher>();

        await refresher.StopAsync(new CancellationToken(canceled: true));
    }
}
