namespace NotificationHub.Simulator.Apple.Delivery;

internal sealed class SimulatedDeliveryOptions
{
    /// <summary>Delays before the second and third attempt. Apple makes three attempts within 1–5 minutes.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3)];

    /// <summary>Divides the retry delays and <see cref="SpreadOver"/>: 60 turns a minute into a second.</summary>
    public double DeliverySpeed { get; init; } = 1;

    /// <summary>The time over which one event's notifications are spread (observed at Apple: about 5 minutes).</summary>
    public TimeSpan SpreadOver { get; init; } = TimeSpan.Zero;

    /// <summary>The share of notifications that are delivered twice, 0 to 1.</summary>
    public double DuplicateFraction { get; init; }

    /// <summary>How many positions a notification may move within its event; 0 keeps the order.</summary>
    public int ReorderWindow { get; init; }

    /// <summary>Maximum number of parallel connections to the receivers.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>Time limit for a response; after it, the attempt has failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
