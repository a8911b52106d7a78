using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Apple takes its time.</summary>
public sealed class PendingOperationTests : LedgerTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private protected override TimeSpan EventDelay => TimeSpan.FromHours(3);

    [Fact]
    public async Task A_pending_operation_is_asked_for_ever_more_rarely_and_stalls_once()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        List<long> asked = [];
        for (var i = 0; i < 2 * 60 * 12; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            var before = Questions;
            await Ledger.LookAsync();
            if (Questions > before)
            {
                asked.Add(i);
            }
        }

        var gaps = asked.Zip(asked.Skip(1), (one, next) => (next - one) * 5).ToList();
        gaps[0].ShouldBe(30);
        gaps.ShouldBeInOrder();
        asked.Count.ShouldBeInRange(7, 10);
        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Pending));
        (report.Requested, report.Completed).ShouldBe((3, 0));
        report.DurationSeconds.ShouldBeGreaterThanOrEqualTo(600);
        (await StateAsync(eventId)).ShouldBe("stalled");
    }

    [Fact]
    public async Task A_stalled_operation_that_ends_after_all_is_told_of_then()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        await PassAsync(TimeSpan.FromHours(3));
        await NotificationsAsync();
        await PassAsync(TimeSpan.FromHours(2));

        (await ToldAsync())
            .Select(told => told.Type)
            .ShouldBe([EventNames.OperationStalled, EventNames.OperationCompleted]);
        (await StateAsync(eventId)).ShouldBe("completed");
    }

    [Fact]
    public async Task Notifications_keep_a_pending_operation_from_stalling()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId);
        for (var i = 0; i < 10; i++)
        {
            await PassAsync(4 * Minute);
            await DeliverAsync(Post(eventId, $"n-{i}"));
        }

        (await ToldAsync()).ShouldBeEmpty();
        Questions.ShouldBe(0);
    }

    private byte[] Post(string eventId, string notificationId) =>
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"notificationId":"{{notificationId}}","notificationType":"ASSET_MANAGEMENT","uId":"{{Location.UId}}",
             "notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"{{eventId}}",
              "assignments":[{"adamId":"1","pricingParam":"STDQ","serialNumber":"D0000"}]} }
            """
        );
}
