using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Model;

/// <summary>A notification on its way.</summary>
internal sealed record Mail(long At, string UId, byte[] Body);

/// <summary>Apple's notifications on their way: some are lost, some come twice, and they come out of order.</summary>
internal sealed class Mailbox(SimulatedApple apple, Random random)
{
    private const double Lost = 0.15;
    private const double Doubled = 0.1;

    private readonly List<Mail> onTheirWay = [];
    private int seen;

    /// <summary>When the next one arrives, in Unix milliseconds.</summary>
    public long NextArrival => onTheirWay.Count == 0 ? long.MaxValue : onTheirWay.Min(mail => mail.At);

    /// <summary>Takes up what Apple has sent since.</summary>
    public void Collect(long now)
    {
        foreach (var notification in apple.Notifications.Skip(seen))
        {
            seen++;
            var copies =
                random.NextDouble() < Lost ? 0
                : random.NextDouble() < Doubled ? 2
                : 1;
            for (var copy = 0; copy < copies; copy++)
            {
                onTheirWay.Add(
                    new Mail(now + random.Next(300_000), notification.LocationUId, notification.Body.ToArray())
                );
            }
        }
    }

    /// <summary>Those that have arrived by now, in the order of their arrival.</summary>
    public IReadOnlyList<Mail> Arrived(long now)
    {
        List<Mail> arrived = [.. onTheirWay.Where(mail => mail.At <= now).OrderBy(mail => mail.At)];
        onTheirWay.RemoveAll(mail => mail.At <= now);
        return arrived;
    }
}
