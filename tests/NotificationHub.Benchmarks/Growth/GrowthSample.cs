using NotificationHub.Benchmarks.Load;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>The result of one round against a log of one size.</summary>
internal sealed record GrowthSample
{
    public required long Size { get; init; }

    public required int Round { get; init; }

    public LoadResult New { get; init; } = LoadResult.None;

    public LoadResult Duplicates { get; init; } = LoadResult.None;

    /// <summary>Of the new deliveries.</summary>
    public long FirstNumber { get; init; }

    public long LastNumber { get; init; }

    /// <summary>Duplicates that were stored again; must be zero.</summary>
    public long NotRecognized { get; init; }

    public LoadResult NewWhileRemoving { get; init; } = LoadResult.None;

    /// <summary>Notifications that retention deleted with their events, under load.</summary>
    public long RemovedUnderLoad { get; init; }

    /// <summary>The same without load.</summary>
    public long RemovedAlone { get; init; }

    public double SecondsAlone { get; init; }

    public TimeSpan ProcessorTimeAlone { get; init; }

    public double RemovedPerSecondUnderLoad => RemovedUnderLoad / NewWhileRemoving.Seconds;

    public double RemovedPerSecondAlone => RemovedAlone / SecondsAlone;

    public double ProcessorMicrosecondsPerRemoved => ProcessorTimeAlone.TotalMicroseconds / RemovedAlone;

    public double KeptRateWhileRemoving => NewWhileRemoving.PerSecond / New.PerSecond;

    public long Failed => New.Failed + Duplicates.Failed + NewWhileRemoving.Failed + NotRecognized;
}

/// <summary>The cost of a number of notifications with their events.</summary>
/// <param name="Stored">Sizes by table and index.</param>
/// <param name="SecondsToRoute">From the hub's start until all were routed; publishing runs in parallel.</param>
/// <param name="SecondsToPublish">From the hub's start until all were published.</param>
/// <param name="ProcessorTime">The hub's CPU time for both, including its start.</param>
internal sealed record GrowthCost(
    long Notifications,
    IReadOnlyList<StoredBytes> Stored,
    double SecondsToRoute,
    double SecondsToPublish,
    TimeSpan ProcessorTime
);
