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
    private ErasureService service = null!;
    private Lease routing = null!;

    public async ValueTask InitializeAsync()
    {
        harness = await RoutingHarness.StartAsync();
        routing = await harness.TakeLeaseAsync();
        service = new ErasureService(
            harness.Database,
            new ErasureRun(harness.Database, clock),
            harness.Leases,
            new WriteThrottle(TimeProvider.System),
            clock,
            NullLogger<ErasureService>.Instance
        );
        // After its first read, routing finds notifications in memory.
        (await harness.NewPass().RouteNextPageAsync(routing, CancellationToken.None)).ShouldBe(0);
        await harness.PostAsync(RoutingHarness.Association("n-1", ErasureScene.Device));
        await HoldAsync();
    }

    public async ValueTask DisposeAsync()
    {
        service.Dispose();
        await harness.DisposeAsync();
    }

    [Fact]
    public async Task An_erasure_waits_for_events_of_earlier_notifications()
    {
        var erasing = service.EraseAsync(OfDevice, TestActor.Operator, CancellationToken.None);
        await clock.TimersPending();

        await harness.NewPass().RouteNextPageAsync(routing, CancellationToken.None);
        clock.Advance(TimeSpan.FromSeconds(1));

        (await erasing).IsDone.ShouldBeTrue();
        (await harness.EventTypesAsync()).ShouldBe(["asset.management.notified"]);
        (await ReadHoldersAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_erasure_stops_waiting_for_a_stalled_router_and_continues_later()
    {
        var erasing = service.EraseAsync(OfDevice, TestActor.Operator, CancellationToken.None);
        while (!erasing.IsCompleted)
        {
            await Task.WhenAny(erasing, clock.TimersPending());
            clock.Advance(TimeSpan.FromSeconds(50));
        }

        (await erasing).IsDone.ShouldBeFalse();
        (await harness.Test.ScalarAsync<string>("select phase from erasure")).ShouldBe("records");

        await harness.NewPass().RouteNextPageAsync(routing, CancellationToken.None);
        (await ReadHoldersAsync()).ShouldBeEmpty("the notification is redacted already");
        await service.ResumeAsync(CancellationToken.None);
        (await harness.Test.ScalarAsync<long>("select count(*) from erasure")).ShouldBe(0);
    }

    private Task<IReadOnlyList<string>> ReadHoldersAsync() =>
        harness.Test.QueryAsync<string>("select holders from refetch_target where holders like '%C39%'");

    // However slow the machine is.
    private Task HoldAsync() =>
        harness.Test.ExecuteAsync(
            "update lease set expires_at = expires_at + 600000, duration = 600000 where name = 'routing'"
        );
}
