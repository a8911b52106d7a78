namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>Decides the order and the copies in which an event's notifications are posted.</summary>
internal static class DeliveryPlan
{
    public static IReadOnlyList<OutgoingNotification> Arrange(
        IReadOnlyList<OutgoingNotification> notifications,
        SimulatedDeliveryOptions options,
        SeededRandom random
    )
    {
        var copies = notifications
            .SelectMany(notification =>
                random.Next() < options.DuplicateFraction ? [notification, notification] : new[] { notification }
            )
            .ToList();
        return options.ReorderWindow <= 0
            ? copies
            :
            [
                .. copies
                    .Select(
                        (notification, index) => (notification, Place: index + (random.Next() * options.ReorderWindow))
                    )
                    .OrderBy(placed => placed.Place)
                    .Select(placed => placed.notification),
            ];
    }
}
