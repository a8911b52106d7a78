namespace NotificationHub.Simulator.Demonstration;

/// <summary>What is played, and how it is shown.</summary>
internal sealed record DemonstrationOptions
{
    public int Devices { get; init; } = 1000;

    public int Apps { get; init; } = 25;

    /// <summary>The share of notifications that Apple delivers twice.</summary>
    public double Duplicates { get; init; } = 0.05;

    /// <summary>Whether Apple and the bus answer 429 or 503 now and then.</summary>
    public bool Faults { get; init; }

    /// <summary>Where the database is made; null for a temporary folder.</summary>
    public string? DataFolder { get; init; }

    public int Seed { get; init; } = 1;

    public bool Json { get; init; }

    public bool KeepRunning { get; init; }
}
