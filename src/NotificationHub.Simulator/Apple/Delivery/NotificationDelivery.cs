namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>Delivers notifications like Apple: up to three attempts each, some twice, out of order.</summary>
internal sealed class NotificationDelivery(
    SimulatedAppleOptions options,
    SeededRandom random,
    PendingWork pendingWork,
    DeliveryLog log
) : IDisposable
{
    private readonly SimulatedDeliveryOptions _delivery = options.Delivery;
    private readonly CancellationTokenSource _stopping = new();
    private readonly NotificationSender _sender = new(options.TimeProvider, options.Delivery, log);

    /// <param name="destination">Evaluated at the first attempt of each copy; retries use the same destination.</param>
    public void Enqueue(IReadOnlyList<OutgoingNotification> notifications, Func<NotificationDestination?> destination)
    {
        var copies = DeliveryPlan.Arrange(notifications, _delivery, random);
        for (var index = 0; index < copies.Count; index++)
        {
            log.Expect(copies[index]);
            pendingWork.Enter();
            _ = DeliverAsync(copies[index], destination, _delivery.SpreadOver * index / copies.Count);
        }
    }

    /// <summary>Sends the single test notification that Client Config waits for.</summary>
    public async Task<bool> TestAsync(
        OutgoingNotification notification,
        NotificationDestination destination,
        CancellationToken cancellationToken
    )
    {
        log.Expect(notification);
        return (await _sender.PostAsync(notification, destination, cancellationToken)).IsAnswered;
    }

    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        _stopping.Dispose();
        _sender.Dispose();
    }

    private async Task DeliverAsync(
        OutgoingNotification notification,
        Func<NotificationDestination?> destination,
        TimeSpan delay
    )
    {
        try
        {
            await WaitAsync(delay);
            if (destination() is { } chosen)
            {
                await AttemptAsync(notification, chosen);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The simulator stops; undelivered notifications stay undelivered.
        }
        finally
        {
            pendingWork.Leave();
        }
    }

    private async Task AttemptAsync(OutgoingNotification notification, NotificationDestination destination)
    {
        foreach (var retryDelay in _delivery.RetryDelays)
        {
            if ((await _sender.PostAsync(notification, destination, _stopping.Token)).IsAnswered)
            {
                return;
            }

            await WaitAsync(retryDelay);
        }

        if (!(await _sender.PostAsync(notification, destination, _stopping.Token)).IsAnswered)
        {
            log.RecordAbandoned(notification);
        }
    }

    private Task WaitAsync(TimeSpan delay) =>
        delay > TimeSpan.Zero
            ? Task.Delay(delay / _delivery.DeliverySpeed, options.TimeProvider, _stopping.Token)
            : Task.CompletedTask;
}

/// <summary>Decides the order and the duplicates in which an event's notifications are sent.</summary>
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
                        (notification, index) =>
                            (notification, Position: index + (random.Next() * options.ReorderWindow))
                    )
                    .OrderBy(placed => placed.Position)
                    .Select(placed => placed.notification),
            ];
    }
}
