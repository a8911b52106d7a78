using NotificationHub.Events;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>What Apple has to be asked for, because notifications fell silent.</summary>
public sealed class AskedOperationTests : LedgerTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_announced_operation_that_nothing_is_heard_of_is_asked_for_after_five_minutes()
    {
        Location.AddAsset("1", total: 1000);
        var eventId = Associate(["1"], Devices(250));
        await AnnounceAsync(eventId);
        await NotificationsAsync();

        await PassAsync(5 * Minute - TimeSpan.FromSeconds(1));
        Questions.ShouldBe(0);
        await PassAsync(TimeSpan.FromSeconds(1));

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationCompleted);
        (report.Requested, report.Completed, report.Failed).ShouldBe((250, 250, 0));
        (report.Source, report.Notifications, report.DurationSeconds).ShouldBe((OperationSources.EventStatus, 0, 300));
        await PassAsync(60 * Minute);
        Questions.ShouldBe(1);
    }

    [Fact]
    public async Task Each_notification_starts_the_silence_anew_and_nobody_need_have_announced_it()
    {
        Location.AddAsset("1", total: 1000);
        Associate(["1"], Devices(300));
        var posts = await NotificationsAsync();

        await DeliverAsync(posts[0]);
        await PassAsync(4 * Minute);
        await DeliverAsync(posts[1]);
        await PassAsync(4 * Minute);
        Questions.ShouldBe(0);
        await PassAsync(Minute);

        var report = (await ToldAsync()).ShouldHaveSingleItem().Report;
        (report.Kind, report.AnnouncedBy, report.Completed).ShouldBe(("ASSOCIATE", null, 300));
    }

    [Fact]
    public async Task Failures_whose_notification_was_lost_are_told_as_Event_Status_names_them()
    {
        Location.AddAsset("1", total: 2);
        var eventId = Associate(["1"], Devices(5));
        await AnnounceAsync(eventId);
        await DeliverAsync((await NotificationsAsync())[0]);
        await PassAsync(5 * Minute);

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        type.ShouldBe(EventNames.OperationFailed);
        (report.Requested, report.Completed, report.Failed).ShouldBe((5, 2, 3));
        var failure = report.Failures.ShouldHaveSingleItem();
        failure.ErrorNumber.ShouldBe(9709);
        failure.Items.Select(item => item.SerialNumber).OfType<string>().ShouldBe(["D0002", "D0003", "D0004"]);
        failure.Items.Select(item => item.AdamId).OfType<string>().ShouldBe(["1"]);
    }

    [Fact]
    public async Task Failures_that_were_notified_are_told_task_by_task_though_Apple_was_asked()
    {
        Location.AddAsset("1", total: 2);
        Associate(["1"], Devices(5));
        await DeliverAsync((await NotificationsAsync())[1]);
        await PassAsync(5 * Minute);

        var items = (await ToldAsync()).ShouldHaveSingleItem().Report.Failures.ShouldHaveSingleItem().Items;
        items.ShouldAllBe(item => item.AdamId == "1" && item.SerialNumber != null);
        items.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_operation_that_Apple_does_not_know_is_closed_as_unknown()
    {
        await AnnounceAsync("no-such-event");
        await PassAsync(60 * Minute);

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        (type, report.Reason).ShouldBe((EventNames.OperationStalled, StallReasons.Unknown));
        (await StateAsync("no-such-event")).ShouldBe("unknown");
        Questions.ShouldBe(1);
    }

    [Fact]
    public async Task A_deferred_operation_does_not_stall_and_ends_with_the_billing_period()
    {
        Location.AddUser("ann", managedAppleId: "ann@example.com");
        Location.AddSubscription(7, renewing: 5);
        await Location.AssociateSubscriptionsAsync([7], ["ann"]);
        var eventId = Location.Accept(id =>
            NotificationHub.Simulator.Apple.Events.SubscriptionEvents.Disassociate(id, [7], ["ann"], deferred: true)
        );
        await AnnounceAsync(eventId, deferred: true);
        for (var hour = 0; hour < 24 * 20; hour++)
        {
            Clock.Advance(60 * Minute);
            await Ledger.LookAsync();
        }

        (await ToldAsync()).ShouldBeEmpty();
        (await StateAsync(eventId)).ShouldBe("open");
        Questions.ShouldBeInRange(20, 28, "about one a day");
        Location.EndBillingPeriod(7);
        Clock.Advance(TimeSpan.FromDays(1));
        await Ledger.LookAsync();

        var (type, report) = (await ToldAsync()).ShouldHaveSingleItem();
        (type, report.Deferred, report.Completed).ShouldBe((EventNames.OperationCompleted, true, 1));
    }
}
