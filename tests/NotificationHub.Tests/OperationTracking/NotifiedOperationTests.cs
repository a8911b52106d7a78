using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>What notifications alone settle.</summary>
public sealed class NotifiedOperationTests : LedgerTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_operation_completes_with_the_notification_of_its_last_task_in_whichever_order_they_come()
    {
        Location.AddAsset("1", total: 1000);
        Location.AddAsset("2", total: 1000);
        var eventId = Associate(["1", "2"], Devices(150));
        await AnnounceAsync(eventId, tasks: 300);
        var posts = await NotificationsAsync();
        posts.Length.ShouldBe(4);

        await DeliverAsync(posts[3], posts[0]);
        await PassAsync(Minute);
        await DeliverAsync(posts[1]);
        await PassAsync(Minute);
        (await ToldAsync()).ShouldBeEmpty();
        await DeliverAsync(posts[2]);
        await Ledger.LookAsync();

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationCompleted);
        (report.EventId, report.Kind, report.AnnouncedBy).ShouldBe((eventId, "ASSOCIATE", "the-mdm"));
        (report.Requested, report.Completed, report.Failed).ShouldBe((300, 300, 0));
        (report.Notifications, report.DurationSeconds).ShouldBe((4, 120));
        report.Source.ShouldBe(OperationSources.Notifications);
        Questions.ShouldBe(0);
    }

    [Fact]
    public async Task A_task_that_is_notified_twice_counts_once()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(200));
        await AnnounceAsync(eventId, tasks: 200);
        var posts = await NotificationsAsync();

        await DeliverAsync(posts[0], Doubled(posts[0]), posts[0]);
        await Ledger.LookAsync();
        (await StateAsync(eventId)).ShouldBe("open");
        await DeliverAsync(posts[1]);
        await Ledger.LookAsync();

        (await ToldAsync()).ShouldHaveSingleItem().Report.Completed.ShouldBe(200);
    }

    [Fact]
    public async Task Failures_are_told_by_Apples_error_with_each_task_that_failed()
    {
        Location.AddAsset("1", total: 2);
        var eventId = Associate(["1"], Devices(5));
        await AnnounceAsync(eventId, tasks: 5);
        var posts = await NotificationsAsync();
        posts.Length.ShouldBe(2);

        await DeliverAsync(posts[1], posts[0]);
        await Ledger.LookAsync();

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationFailed);
        (report.Requested, report.Completed, report.Failed).ShouldBe((5, 2, 3));
        var failure = report.Failures.ShouldHaveSingleItem();
        failure.ErrorNumber.ShouldBe(9709);
        failure.ErrorMessage.ShouldNotBeNullOrEmpty();
        failure
            .Items.Select(item => (item.AdamId, item.PricingParam, item.SerialNumber))
            .ShouldBe([("1", "STDQ", "D0002"), ("1", "STDQ", "D0003"), ("1", "STDQ", "D0004")]);
    }

    [Fact]
    public async Task What_comes_after_the_end_is_told_no_more()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(2));
        await AnnounceAsync(eventId, tasks: 2);
        var post = (await NotificationsAsync()).Single();
        await DeliverAsync(post);
        await Ledger.LookAsync();

        await DeliverAsync(Doubled(post), Doubled(post));
        await PassAsync(TimeSpan.FromHours(1));

        (await ToldAsync()).Count.ShouldBe(1);
        Questions.ShouldBe(0);
    }

    [Fact]
    public async Task Where_notifications_were_faster_than_the_announcement_Apple_is_asked()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(150));
        var posts = await NotificationsAsync();
        await DeliverAsync(posts[0]);
        await AnnounceAsync(eventId, tasks: 150);
        await DeliverAsync(posts[1]);
        await PassAsync(4 * Minute);
        (await ToldAsync()).ShouldBeEmpty();
        await PassAsync(Minute);

        var report = (await ToldAsync()).ShouldHaveSingleItem().Report;
        (report.Source, report.Completed).ShouldBe((OperationSources.EventStatus, 150));
    }

    [Fact]
    public async Task Users_are_tasks_too()
    {
        var eventId = await Location.CreateUsersAsync([new("ann"), new("bob")]);
        await AnnounceAsync(eventId, tasks: 2);
        await DeliverAsync(await NotificationsAsync());
        await Ledger.LookAsync();

        (await ToldAsync()).ShouldHaveSingleItem().Report.Completed.ShouldBe(2);
    }

    [Fact]
    public async Task A_notification_without_an_event_id_leaves_no_trace_in_the_ledger()
    {
        Location.AddAsset("1");
        Location.ChangeAssetCount("1", 5);
        await DeliverAsync(await NotificationsAsync());

        (await Store.ScalarAsync<long>("select count(*) from operation")).ShouldBe(0);
    }
}
