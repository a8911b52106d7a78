using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Erasure;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Routing;

namespace NotificationHub.Tests.Erasure;

/// <summary>A running router may have read notifications before they were redacted.</summary>
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
    public async Task An_erasure_waits_for_events_of_earlier_notifications()
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
    public async Task An_erasure_stops_waiting_for_a_stalled_router_and_continues_later()
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
