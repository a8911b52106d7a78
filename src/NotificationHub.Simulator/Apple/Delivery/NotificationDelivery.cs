namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>Delivers notifications as Apple does: up to three attempts each, some twice, out of order, then never again.</summary>
internal sealed class NotificationDelivery(
    SimulatedAppleOptions options,
    SeededRandom random,
    Outstanding outstanding,
    DeliveryLedger ledger
) : IDisposable
{
    private readonly SimulatedDeliveryOptions _delivery = options.Delivery;
    private readonly CancellationTokenSource _stopping = new();
    private readonly NotificationPoster _poster = new(options.TimeProvider, options.Delivery, ledger);

    /// <summary>Sets out to deliver; <see cref="Outstanding"/> falls idle when every copy was answered or given up.</summary>
    /// <param name="destination">Asked at each copy's first attempt: retries go where the first one went.</param>
    public void Enqueue(IReadOnlyList<OutgoingNotification> notifications, Func<NotificationDestination?> destination)
    {
        var copies = DeliveryPlan.Arrange(notifications, _delivery, random);
        for (var index = 0; index < copies.Count; index++)
        {
            ledger.Expect(copies[index]);
            outstanding.Enter();
            _ = DeliverAsync(copies[index], destination, _delivery.SpreadOver * index / copies.Count);
        }
    }

    /// <summary>The single post that Client Config waits for.</summary>
    public async Task<bool> TestAsync(
        OutgoingNotification notification,
        NotificationDestination destination,
        CancellationToken cancellationToken
    )
    {
        ledger.Expect(notification);
        return (await _poster.PostAsync(notification, destination, cancellationToken)).IsAnswered;
    }

    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        _stopping.Dispose();
        _poster.Dispose();
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
            // The simulator is being stopped; what is undelivered stays so.
        }
        finally
        {
            outstanding.Leave();
        }
    }

    private async Task AttemptAsync(OutgoingNotification notification, NotificationDestination destination)
    {
        foreach (var retryDelay in _delivery.RetryDelays)
        {
            if ((await _poster.PostAsync(notification, destination, _stopping.Token)).IsAnswered)
            {
                return;
            }

            await WaitAsync(retryDelay);
        }

        if (!(await _poster.PostAsync(notification, destination, _stopping.Token)).IsAnswered)
        {
            ledger.GaveUp(notification);
        }
    }

    private Task WaitAsync(TimeSpan delay) =>
        delay > TimeSpan.Zero
            ? Task.Delay(delay / _delivery.DeliverySpeed, options.TimeProvider, _stopping.Token)
            : Task.CompletedTask;
}
