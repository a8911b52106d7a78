using NotificationHub.Benchmarks.Load;

namespace NotificationHub.Benchmarks.Growth;

/// <summary>What one round against a log of one size came to.</summary>
internal sealed record GrowthSample
{
    public required long Size { get; init; }

    public required int Round { get; init; }

    public LoadResult New { get; init; } = LoadResult.None;

    public LoadResult Repeats { get; init; } = LoadResult.None;

    /// <summary>Of the posts that were measured as new ones.</summary>
    public long FirstNumber { get; init; }

    public long LastNumber { get; init; }

    /// <summary>Repeats that came to stand in the log once more: there may be none.</summary>
    public long NotRecognized { get; init; }

    public LoadResult NewWhileRemoving { get; init; } = LoadResult.None;

    /// <summary>Notifications, each with its event, that retention removed while posts came in.</summary>
    public long RemovedUnderLoad { get; init; }

    /// <summary>The same while none came in.</summary>
    public long RemovedAlone { get; init; }

    public double SecondsAlone { get; init; }

    public TimeSpan ProcessorTimeAlone { get; init; }

    public double RemovedPerSecondUnderLoad => RemovedUnderLoad / NewWhileRemoving.Seconds;

    public double RemovedPerSecondAlone => RemovedAlone / SecondsAlone;

    public double ProcessorMicrosecondsPerRemoved => ProcessorTimeAlone.TotalMicroseconds / RemovedAlone;

    public double KeptRateWhileRemoving => NewWhileRemoving.PerSecond / New.PerSecond;

    public long Failed => New.Failed + Repeats.Failed + NewWhileRemoving.Failed + NotRecognized;
}

/// <summary>What a number of notifications take, with their events.</summary>
/// <param name="Posts">How many.</param>
/// <param name="Stored">By table and index.</param>
/// <param name="SecondsToRoute">From the hub's start until all were routed, publishing alongside.</param>
/// <param name="SecondsToPublish">Until all were published, too.</param>
/// <param name="ProcessorTime">Of the hub for both, its start included.</param>
internal sealed record GrowthCost(
    long Posts,
    IReadOnlyList<StoredBytes> Stored,
    double SecondsToRoute,
    double SecondsToPublish,
    TimeSpan ProcessorTime
);
