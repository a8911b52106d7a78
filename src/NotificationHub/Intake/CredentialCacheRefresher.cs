using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Intake;

// A secret that another process stores or retires takes effect here within a second. The `replica` table holds the version that this
// replica has loaded: the registration of a location waits for it.
internal sealed partial class CredentialCacheRefresher(
    Database database,
    LocationCredentialCache credentials,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<CredentialCacheRefresher> logger
) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeleteReplicasAfter = TimeSpan.FromDays(1);

    private long reportedAt;

    // Loads the secrets before the first delivery can arrive.
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await credentials.RefreshAsync(cancellationToken);
        await ReportVersionAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = database.Signals.LocationsChanged.Next;
            try
            {
                var refreshed = await credentials.RefreshAsync(stoppingToken);
                if (refreshed || time.GetElapsedTime(reportedAt) >= Heartbeat)
                {
                    await ReportVersionAsync(stoppingToken);
                }

                if (refreshed)
                {
                    // If ten thousand locations are registered in a row, do not reload the cache ten thousand times.
                    await Task.Delay(PollInterval, time, stoppingToken);
                }

                await Signal.WaitAsync(changed, PollInterval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            // While the database cannot be read, the known secrets remain accepted.
            catch (Exception exception)
            {
                Log.RefreshFailed(logger, exception);
                await Task.Delay(Heartbeat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Deletes the row, so that no registration waits for this replica.
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await database.WriteAsync(
                transaction =>
                    transaction.ExecuteAsync("delete from replica where replica_id = @Owner", new { leases.Owner }),
                cancellationToken
            );
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The shutdown timed out: another replica deletes the row later.
        }
    }

    private async Task ReportVersionAsync(CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async transaction =>
            {
                var now = await transaction.NowAsync();
                await transaction.ExecuteAsync(
                    "delete from replica where replica_id = @Owner or seen_at < @oldest",
                    new { leases.Owner, oldest = now - DeleteReplicasAfter }
                );
                await transaction.ExecuteAsync(
                    "insert into replica (replica_id, locations_version, seen_at) values (@Owner, @Version, @now)",
                    new
                    {
                        leases.Owner,
                        credentials.Version,
                        now,
                    }
                );
            },
            cancellationToken
        );
        reportedAt = time.GetTimestamp();
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Could not read changes of locations; will retry. Until then, new secrets are not accepted, and retired ones still are."
        )]
        public static partial void RefreshFailed(ILogger logger, Exception exception);
    }
}
