namespace NotificationHub.Simulator.Apple.Delivery;

/// <summary>How Apple posts notifications.</summary>
internal sealed class SimulatedDeliveryOptions
{
    /// <summary>The waits before the second and the third attempt: three attempts within 1–5 minutes.</summary>
    public IReadOnlyList<TimeSpan> RetryDelays { get; init; } = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(3)];

    /// <summary>Divides the retry delays and <see cref="SpreadOver"/>: 60 turns a minute into a second.</summary>
    public double DeliverySpeed { get; init; } = 1;

    /// <summary>The time over which the notifications of one event are spread (seen at Apple: about 5 minutes).</summary>
    public TimeSpan SpreadOver { get; init; } = TimeSpan.Zero;

    /// <summary>The share of notifications that are posted twice, 0 to 1.</summary>
    public double DuplicateFraction { get; init; }

    /// <summary>How many places a notification may move within its event; 0 keeps the order of posting.</summary>
    public int ReorderWindow { get; init; }

    /// <summary>Parallel connections to the receivers.</summary>
    public int MaxConnections { get; init; } = 8;

    /// <summary>How long an answer may take before the attempt counts as failed.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
