using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Operations that the hub polls because notifications do not arrive.</summary>
public sealed class PolledOperationTests : OperationTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_announced_operation_without_notifications_is_polled_after_five_minutes()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(250));
        await AnnounceAsync(eventId);
        await NotificationsAsync();

        await AdvanceAsync(5 * Minute - TimeSpan.FromSeconds(1));
        Polls.ShouldBe(0);
        await AdvanceAsync(TimeSpan.FromSeconds(1));

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationCompleted);
        (report.Requested, report.Completed, report.Failed).ShouldBe((250, 250, 0));
        (report.Source, report.Notifications, report.DurationSeconds).ShouldBe((OperationSources.EventStatus, 0, 300));
        await AdvanceAsync(60 * Minute);
        Polls.ShouldBe(1);
    }

    [Fact]
    public async Task Each_notification_restarts_the_five_minutes_even_without_an_announcement()
    {
        Location.AddAsset("1", total: 1000);
        Associate(["1"], Devices(300));
        var notifications = await NotificationsAsync();

        await DeliverAsync(notifications[0]);
        await AdvanceAsync(4 * Minute);
        await DeliverAsync(notifications[1]);
        await AdvanceAsync(4 * Minute);
        Polls.ShouldBe(0);
        await AdvanceAsync(Minute);

        var report = (await PublishedAsync()).ShouldHaveSingleItem().Report;
        (report.Kind, report.AnnouncedBy, report.Completed).ShouldBe(("ASSOCIATE", null, 300));
    }

    [Fact]
    public async Task Failures_without_a_notification_are_reported_as_in_Event_Status()
    {
        Location.AddAsset("1", total: 2);
        var eventId = Associate(["1"], Devices(5));
        await AnnounceAsync(eventId);
        await DeliverAsync((await NotificationsAsync())[0]);
        await AdvanceAsync(5 * Minute);

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationFailed);
        (report.Requested, report.Completed, report.Failed).ShouldBe((5, 2, 3));
        var failure = report.Failures.ShouldHaveSingleItem();
        failure.ErrorNumber.ShouldBe(9709);
        failure.Items.Select(item => item.SerialNumber).OfType<string>().ShouldBe(["D0002", "D0003", "D0004"]);
        failure.Items.Select(item => item.AdamId).OfType<string>().ShouldBe(["1"]);
    }

    [Fact]
    public async Task Notified_failures_are_reported_by_task_even_after_a_poll()
    {
        Location.AddAsset("1", total: 2);
        Associate(["1"], Devices(5));
        await DeliverAsync((await NotificationsAsync())[1]);
        await AdvanceAsync(5 * Minute);

        var items = (await PublishedAsync()).ShouldHaveSingleItem().Report.Failures.ShouldHaveSingleItem().Items;
        items.ShouldAllBe(item => item.AdamId == "1" && item.SerialNumber != null);
        items.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_operation_unknown_to_Apple_is_closed_as_unknown()
    {
        await AnnounceAsync("no-such-event");
        await AdvanceAsync(60 * Minute);

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Unknown));
        (await StateAsync("no-such-event")).ShouldBe("unknown");
        Polls.ShouldBe(1);
    }

    [Fact]
    public async Task A_deferred_operation_does_not_stall_and_ends_with_the_billing_period()
    {
        Location.AddUser("ann", managedAppleId: "ann@example.com");
        Location.AddSubscription(7, renewing: 5);
        await Location.AssociateSubscriptionsAsync([7], ["ann"]);
        var eventId = Location.DisassociateSubscriptionsLater([7], ["ann"]);
        await AnnounceAsync(eventId, deferred: true);
        for (var hour = 0; hour < 24 * 20; hour++)
        {
            Clock.Advance(60 * Minute);
            await Passes.RunAsync();
        }

        (await PublishedAsync()).ShouldBeEmpty();
        (await StateAsync(eventId)).ShouldBe("open");
        Polls.ShouldBeInRange(20, 28, "about one a day");
        Location.EndBillingPeriod(7);
        Clock.Advance(TimeSpan.FromDays(1));
        await Passes.RunAsync();

        var (type, report) = (await PublishedAsync()).ShouldHaveSingleItem();
        (type, report.Deferred, report.Completed).ShouldBe((EventNames.OperationCompleted, true, 1));
    }
}
