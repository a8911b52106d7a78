using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Operations that notifications complete without a poll.</summary>
public sealed class NotifiedOperationTests : OperationTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_operation_completes_when_all_tasks_are_notified_in_any_order()
    {
        Location.AddAsset("1", total: 1000);
        Location.AddAsset("2", total: 1000);
        var eventId = Associate(["1", "2"], Devices(150));
        await AnnounceAsync(eventId, tasks: 300);
        var notifications = await NotificationsAsync();
        notifications.Length.ShouldBe(4);

        await DeliverAsync(notifications[3], notifications[0]);
        await AdvanceAsync(Minute);
        await DeliverAsync(notifications[1]);
        await AdvanceAsync(Minute);
        (await PublishedAsync()).ShouldBeEmpty();
        await DeliverAsync(notifications[2]);
        await Passes.RunAsync();

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationCompleted);
        (report.EventId, report.Kind, report.AnnouncedBy).ShouldBe((eventId, "ASSOCIATE", "the-mdm"));
        (report.Requested, report.Completed, report.Failed).ShouldBe((300, 300, 0));
        (report.Notifications, report.DurationSeconds).ShouldBe((4, 120));
        report.Source.ShouldBe(OperationSources.Notifications);
        Polls.ShouldBe(0);
    }

    [Fact]
    public async Task A_task_that_is_notified_twice_counts_once()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(200));
        await AnnounceAsync(eventId, tasks: 200);
        var notifications = await NotificationsAsync();

        await DeliverAsync(notifications[0], WithNewId(notifications[0]), notifications[0]);
        await Passes.RunAsync();
        (await StateAsync(eventId)).ShouldBe("open");
        await DeliverAsync(notifications[1]);
        await Passes.RunAsync();

        (await PublishedAsync()).ShouldHaveSingleItem().Report.Completed.ShouldBe(200);
    }

    [Fact]
    public async Task Failures_are_grouped_by_error_and_list_each_failed_task()
    {
        Location.AddAsset("1", total: 2);
        var eventId = Associate(["1"], Devices(5));
        await AnnounceAsync(eventId, tasks: 5);
        var notifications = await NotificationsAsync();
        notifications.Length.ShouldBe(2);

        await DeliverAsync(notifications[1], notifications[0]);
        await Passes.RunAsync();

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
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
    public async Task Notifications_after_the_end_publish_nothing()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(2));
        await AnnounceAsync(eventId, tasks: 2);
        var notification = (await NotificationsAsync()).Single();
        await DeliverAsync(notification);
        await Passes.RunAsync();

        await DeliverAsync(WithNewId(notification), WithNewId(notification));
        await AdvanceAsync(TimeSpan.FromHours(1));

        (await PublishedAsync()).Count.ShouldBe(1);
        Polls.ShouldBe(0);
    }

    [Fact]
    public async Task An_operation_notified_before_its_announcement_is_polled_once_all_tasks_are_notified()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(150));
        var notifications = await NotificationsAsync();
        await DeliverAsync(notifications[0]);
        await AnnounceAsync(eventId, tasks: 150);
        await Passes.RunAsync();
        Polls.ShouldBe(0);

        await DeliverAsync(notifications[1]);
        await Passes.RunAsync();

        Polls.ShouldBe(1);
        var report = (await PublishedAsync()).ShouldHaveSingleItem().Report;
        (report.Source, report.Completed).ShouldBe((OperationSources.EventStatus, 150));
    }

    [Fact]
    public async Task Users_are_tasks_too()
    {
        var eventId = await Location.CreateUsersAsync([new("ann"), new("bob")]);
        await AnnounceAsync(eventId, tasks: 2);
        await DeliverAsync(await NotificationsAsync());
        await Passes.RunAsync();

        (await PublishedAsync()).ShouldHaveSingleItem().Report.Completed.ShouldBe(2);
    }

    [Fact]
    public async Task A_notification_without_an_event_id_creates_no_operation()
    {
        Location.AddAsset("1");
        Location.ChangeAssetCount("1", 5);
        await DeliverAsync(await NotificationsAsync());

        (await Store.ScalarAsync<long>("select count(*) from operation")).ShouldBe(0);
    }
}
