using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Operations that Apple processes slowly.</summary>
public sealed class PendingOperationTests : OperationTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private protected override TimeSpan EventDelay => TimeSpan.FromHours(3);

    [Fact]
    public async Task A_pending_operation_is_polled_with_a_growing_interval_and_stalls_once()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        List<long> polledAt = [];
        for (var i = 0; i < 2 * 60 * 12; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            var before = Polls;
            await Passes.RunAsync();
            if (Polls > before)
            {
                polledAt.Add(i);
            }
        }

        var gaps = polledAt.Zip(polledAt.Skip(1), (one, next) => (next - one) * 5).ToList();
        gaps[0].ShouldBe(30);
        gaps.ShouldBeInOrder();
        polledAt.Count.ShouldBeInRange(7, 10);
        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Pending));
        (report.Requested, report.Completed).ShouldBe((3, 0));
        report.DurationSeconds.ShouldBeGreaterThanOrEqualTo(600);
        (await StateAsync(eventId)).ShouldBe("stalled");
    }

    [Fact]
    public async Task A_stalled_operation_that_ends_later_is_reported()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await AdvanceAsync(TimeSpan.FromHours(3));
        await NotificationsAsync();
        await AdvanceAsync(TimeSpan.FromHours(2));

        (await PublishedAsync())
            .Select(published => published.Type)
            .ShouldBe([EventNames.OperationStalled, EventNames.OperationCompleted]);
        (await StateAsync(eventId)).ShouldBe("completed");
    }

    [Fact]
    public async Task Notifications_prevent_a_pending_operation_from_stalling()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        for (var i = 0; i < 10; i++)
        {
            await AdvanceAsync(4 * Minute);
            await DeliverAsync(Notification(eventId, $"n-{i}"));
        }

        (await PublishedAsync()).ShouldBeEmpty();
        Polls.ShouldBe(0);
    }

    private byte[] Notification(string eventId, string notificationId) =>
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"notificationId":"{{notificationId}}","notificationType":"ASSET_MANAGEMENT","uId":"{{Location.UId}}",
             "notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"{{eventId}}",
              "assignments":[{"adamId":"1","pricingParam":"STDQ","serialNumber":"D0000"}]} }
            """
        );
}
