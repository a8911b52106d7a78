using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Routing;

namespace NotificationHub.Tests.Routing;

public sealed class RoutingWorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_worker_routes_what_is_there_and_what_comes_and_gives_its_lease_back()
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
        var told = hub.Database.Signals.EventsAppended.Next;
        await worker.StartAsync(CancellationToken.None);
        await told.WaitAsync(Patience);

        told = hub.Database.Signals.EventsAppended.Next;
        await hub.PostPurchaseAsync(2);
        await told.WaitAsync(Patience);
        await worker.StopAsync(CancellationToken.None);

        (await hub.RoutedSeqsAsync()).ShouldBe([1, 2]);
        (await hub.Test.ScalarAsync<long>("select count(*) from lease where owner is not null")).ShouldBe(0);
    }
}
