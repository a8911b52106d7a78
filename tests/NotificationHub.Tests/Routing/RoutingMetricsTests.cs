using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Routing;

public sealed class RoutingMetricsTests
{
    private const string Delay = "notificationhub.routing.delay";

    [Fact]
    public async Task Each_routed_notification_is_measured_once()
    {
        await using var harness = await RoutingHarness.StartAsync();
        using var readings = new MeterReadings(harness.Meters);
        await harness.PostAsync("ASSET_MANAGEMENT/associate-devices.json");
        await harness.PostAsync("ASSET_MANAGEMENT/both-qualities-of-one-asset.json");

        await harness.NewPass().RouteNextPageAsync(await harness.TakeLeaseAsync(), CancellationToken.None);

        readings.Of(Delay, tag: "").Count.ShouldBe(2);
    }

    [Fact]
    public void The_delay_since_the_receipt_is_never_negative()
    {
        var clock = new FakeTimeProvider();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        NotificationEntry[] page = [Received(1, now - 3000), Received(2, now + 500), Received(3, now - 1)];
        using var meters = new TestMeters();
        using var readings = new MeterReadings(meters);

        new RoutingMetrics(meters).Routed(page, first: 0, upTo: 2, clock).ShouldBe(2);

        readings.Of(Delay, tag: "").ShouldBe([3, 0]);
    }

    private static NotificationEntry Received(long seq, long at) =>
        new()
        {
            Seq = seq,
            LocationId = RoutingHarness.LocationId,
            Body = [],
            BodySha256 = [],
            ReceivedAt = At(at),
            Disposition = Disposition.Accepted,
            Conflict = false,
        };
}
