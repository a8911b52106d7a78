using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Retention;

internal sealed class RetentionWorker(
    RetentionPass pass,
    DueTimes dueTimes,
    WriteThrottle throttle,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<RetentionWorker> logger
) : LeasedWorker(leases, LeaseName, time, logger)
{
    /// <summary>Also the name of the stage.</summary>
    public const string LeaseName = "retention";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan RepairInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        long? repairedAt = null;
        while (true)
        {
            var started = time.GetTimestamp();
            if (repairedAt is not { } last || time.GetElapsedTime(last, started) >= RepairInterval)
            {
                await dueTimes.RepairAsync(lease, cancellationToken);
                repairedAt = started;
            }

            var deleted = await pass.RunAsync(lease, cancellationToken);
            await (
                deleted > 0
                    ? throttle.RestAsync(started, cancellationToken)
                    : Task.Delay(Interval, time, cancellationToken)
            );
        }
    }
}

internal static class RetentionSetup
{
    public static void AddRetention(this HubBuilder hub)
    {
        hub.AddOptions(RetentionOptions.Section, new RetentionOptionsValidator());
        hub.Services.AddSingleton<WriteThrottle>();
        hub.Services.AddSingleton<EventRetentionLimit>();
        hub.Services.AddSingleton<LogAges>();
        hub.Services.AddSingleton<RetentionMetrics>();
        hub.Services.AddSingleton<RetentionPass>();
        hub.Services.AddSingleton<DueTimes>();
        hub.Services.AddHostedService<RetentionWorker>();
        hub.Services.AddSingleton<IStageStatus, RetentionStatus>();
    }
}
