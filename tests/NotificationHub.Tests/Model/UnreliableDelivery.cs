using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Model;

internal sealed record DelayedNotification(long At, string UId, byte[] Body);

/// <summary>Delivers Apple's notifications out of order; some are lost, some arrive twice.</summary>
internal sealed class UnreliableDelivery(SimulatedApple apple, Random random)
{
    private const double LostShare = 0.15;
    private const double DuplicateShare = 0.1;

    private readonly List<DelayedNotification> inFlight = [];
    private int seen;

    /// <summary>When the next notification arrives, in Unix milliseconds.</summary>
    public long NextArrival => inFlight.Count == 0 ? long.MaxValue : inFlight.Min(notification => notification.At);

    /// <summary>Collects the notifications that Apple has sent since the last call.</summary>
    public void Collect(long now)
    {
        foreach (var notification in apple.Notifications.Skip(seen))
        {
            seen++;
            var copies =
                random.NextDouble() < LostShare ? 0
                : random.NextDouble() < DuplicateShare ? 2
                : 1;
            for (var copy = 0; copy < copies; copy++)
            {
                inFlight.Add(
                    new DelayedNotification(
                        now + random.Next(300_000),
                        notification.LocationUId,
                        notification.Body.ToArray()
                    )
                );
            }
        }
    }

    /// <summary>Removes and returns the notifications that have arrived, in the order of their arrival.</summary>
    public IReadOnlyList<DelayedNotification> TakeArrived(long now)
    {
        List<DelayedNotification> arrived =
        [
            .. inFlight.Where(notification => notification.At <= now).OrderBy(notification => notification.At),
        ];
        inFlight.RemoveAll(notification => notification.At <= now);
        return arrived;
    }
}
