using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Delivery;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleDeliveryTests : AppleTest
{
    // A minute between attempts takes a millisecond of real time.
    internal override NotificationHub.Simulator.Apple.SimulatedAppleOptions Options => new() { Delivery = Delivery };

    internal override SimulatedDeliveryOptions Delivery =>
        new()
        {
            DeliverySpeed = 60_000,
            DuplicateFraction = 0.2,
            ReorderWindow = 5,
        };

    [Fact]
    public async Task A_rejected_notification_is_delivered_three_times_and_then_abandoned()
    {
        await SubscribeAsync();
        Refuse(100);

        Location.Notify("ASSET_COUNT", []);
        await Apple.WaitUntilDeliveredAsync();

        var notification = Apple.Notifications.Single(notification => notification.NotificationType == "ASSET_COUNT");
        notification.Attempts.Count.ShouldBe(3 * notification.Copies);
        notification.Attempts.ShouldAllBe(attempt => attempt.Status == 503);
        notification.IsAnswered.ShouldBeFalse();
        Apple.DeliveryCounts.Abandoned.ShouldBe(notification.Copies);
    }

    [Fact]
    public async Task A_notification_that_is_rejected_once_arrives_with_the_second_attempt()
    {
        await SubscribeAsync();
        Refuse(1);

        Location.Notify("ASSET_COUNT", []);
        await Apple.WaitUntilDeliveredAsync();

        Apple.Notifications.ShouldAllBe(notification => notification.IsAnswered);
        Apple.DeliveryCounts.Abandoned.ShouldBe(0);
        Apple.DeliveryCounts.Sent.ShouldBe(Receiver.Deliveries.Count);
        Apple.DeliveryCounts.Answered.ShouldBe(Receiver.Deliveries.Count - 1);
    }

    [Fact]
    public async Task Deliveries_to_an_unreachable_receiver_are_abandoned()
    {
        await SubscribeAsync();
        await Receiver.DisposeAsync();

        Location.Notify("ASSET_COUNT", []);
        await Apple.WaitUntilDeliveredAsync();

        Apple.Notifications[^1].Attempts.ShouldAllBe(attempt => attempt.Status == null);
        Apple.DeliveryCounts.Abandoned.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Some_notifications_are_delivered_twice_with_the_same_bytes_and_none_is_lost()
    {
        await SubscribeAsync();
        Location.AddAsset("1", total: 20_000);

        await Location.AssociateAsync(["1"], [.. Enumerable.Range(0, 20_000).Select(number => $"S{number}")]);
        await Apple.WaitUntilDeliveredAsync();

        var byId = Receiver.Notifications.ToLookup(notification => notification.Id);
        byId.Count.ShouldBe(200);
        byId.ShouldAllBe(copies => copies.DistinctBy(copy => copy.Body.ToJsonString()).Count() == 1);
        byId.Count(copies => copies.Count() == 2).ShouldBeInRange(10, 90);
    }

    [Fact]
    public void The_order_changes_within_the_window_and_is_repeatable_with_the_seed()
    {
        var notifications = Enumerable
            .Range(0, 100)
            .Select(number => OutgoingNotification.Create($"{number}", "ASSET_COUNT", "1", new JsonObject()))
            .ToList();
        var options = new SimulatedDeliveryOptions { ReorderWindow = 5 };

        var order = Arranged(notifications, options);

        order.ShouldNotBe([.. Enumerable.Range(0, 100)]);
        order.Select((number, place) => Math.Abs(number - place)).Max().ShouldBeLessThanOrEqualTo(5);
        Arranged(notifications, options).ShouldBe(order);
    }

    private static List<int> Arranged(List<OutgoingNotification> notifications, SimulatedDeliveryOptions options) =>
        [
            .. DeliveryPlan
                .Arrange(notifications, options, new NotificationHub.Simulator.Apple.SeededRandom(7))
                .Select(notification => int.Parse(notification.Id)),
        ];

    private void Refuse(int times)
    {
        for (var time = 0; time < times; time++)
        {
            Receiver.NextAnswers.Enqueue(503);
        }
    }
}
