using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Erasure;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Routing;

namespace NotificationHub.Tests.Erasure;

/// <summary>A router that runs may hold notifications as they were before they were purged.</summary>
public sealed class ErasureBesideRoutingTests : IAsyncLifetime
{
    private static readonly ErasureRequest OfDevice = new() { SerialNumber = ErasureScene.Device };

    private readonly ManualClock clock = new();
    private RoutingHarness harness = null!;
    private ErasureService desk = null!;
    private Lease routing = null!;

    public async ValueTask InitializeAsync()
    {
        harness = await RoutingHarness.StartAsync();
        routing = await harness.TakeLeaseAsync();
        desk = new ErasureService(
            harness.Database,
            new ErasureRun(harness.Database, clock),
            harness.Leases,
            new WriteThrottle(TimeProvider.System),
            clock,
            NullLogger<ErasureService>.Instance
        );
        await harness.PostAsync(RoutingHarness.Association("n-1", ErasureScene.Device));
        await HoldAsync();
    }

    public async ValueTask DisposeAsync()
    {
        desk.Dispose();
        await harness.DisposeAsync();
    }

    [Fact]
    public async Task What_follows_from_them_is_waited_for()
    {
        var purging = desk.EraseAsync(OfDevice, TestActor.Operator, CancellationToken.None);
        await clock.TimersPending();

        await harness.NewPass().RouteNextPageAsync(routing, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(1));

        (await purging).IsDone.ShouldBeTrue();
        (await harness.EventTypesAsync()).ShouldBe(["asset.management.notified"]);
        (
            await harness.Test.QueryAsync<string>("select holders from refetch_target where holders like '%C39%'")
        ).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_router_that_does_not_get_on_is_not_waited_for_for_ever_and_the_erasure_goes_on_later()
    {
        var purging = desk.EraseAsync(OfDevice, TestActor.Operator, CancellationToken.None);
        while (!purging.IsCompleted)
        {
            await Task.WhenAny(purging, clock.TimersPending());
            clock.Advance(TimeSpan.FromSeconds(50));
        }

        (await purging).IsDone.ShouldBeFalse();
        (await harness.Test.ScalarAsync<string>("select phase from erasure")).ShouldBe("records");

        await harness.NewPass().RouteNextPageAsync(routing, CancellationToken.None);
        await desk.ResumeAsync(CancellationToken.None);
        (await harness.Test.ScalarAsync<long>("select count(*) from erasure")).ShouldBe(0);
    }

    // However slow the machine is.
    private Task HoldAsync() =>
        harness.Test.ExecuteAsync(
            "update lease set expires_at = expires_at + 600000, duration = 600000 where name = 'routing'"
        );
}
