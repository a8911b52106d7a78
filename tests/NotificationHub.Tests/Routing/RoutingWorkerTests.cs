using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Routing;

namespace NotificationHub.Tests.Routing;

public sealed class RoutingWorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_worker_routes_stored_and_new_notifications_and_releases_its_lease()
    {
        await using var hub = await RoutingHarness.StartAsync();
        using var worker = new RoutingWorker(
            hub.NewPass(),
            hub.Database.Signals,
            hub.Leases,
            TimeProvider.System,
            NullLogger<RoutingWorker>.Instance
        );
        await hub.PostPurchaseAsync(1);
        var appended = hub.Database.Signals.EventsAppended.Next;
        await worker.StartAsync(CancellationToken.None);
        await appended.WaitAsync(Patience);

        appended = hub.Database.Signals.EventsAppended.Next;
        await hub.PostPurchaseAsync(2);
        await appended.WaitAsync(Patience);
        await worker.StopAsync(CancellationToken.None);

        (await hub.RoutedSeqsAsync()).ShouldBe([1, 2]);
        (await hub.Test.ScalarAsync<long>("select count(*) from lease where owner is not null")).ShouldBe(0);
    }
}
