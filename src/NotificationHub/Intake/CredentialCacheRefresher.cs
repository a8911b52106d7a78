using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Intake;

/// <summary>
/// Follows the database's change counter, so that a secret made or retired anywhere is known here within a second, and says
/// in the <c>replica</c> table how far it has come: whoever registers a location waits for that.
/// </summary>
internal sealed partial class CredentialCacheRefresher(
    Database database,
    LocationCredentialCache gates,
    LeaseKeeper leases,
    IOptions<StorageOptions> options,
    TimeProvider time,
    ILogger<CredentialCacheRefresher> logger
) : BackgroundService
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);
    private const long ForgetReplicasAfter = 24 * 60 * 60 * 1000;

    private long saidAt;

    /// <summary>Loads the secrets before the first post can arrive.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await gates.RefreshAsync(cancellationToken);
        await SayVersionAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = database.Signals.LocationsChanged.Next;
            try
            {
                var refreshed = await gates.RefreshAsync(stoppingToken);
                if (refreshed || time.GetElapsedTime(saidAt) >= Heartbeat)
                {
                    await SayVersionAsync(stoppingToken);
                }

                if (refreshed)
                {
                    // Ten thousand locations registered in a row must not be loaded ten thousand times.
                    await Task.Delay(options.Value.ChangePollInterval, time, stoppingToken);
                }

                await Signal.WaitAsync(changed, options.Value.ChangePollInterval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            // The known secrets stay accepted while the database cannot be read.
            catch (Exception exception)
            {
                Log.RefreshFailed(logger, exception);
                await Task.Delay(Heartbeat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A replica that stops is not waited for.</summary>
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
            // The shutdown ran out of time: the other replicas forget this one after a while.
        }
    }

    private async Task SayVersionAsync(CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async transaction =>
            {
                var now = await transaction.NowAsync();
                await transaction.ExecuteAsync(
                    "delete from replica where replica_id = @Owner or seen_at < @forget",
                    new { leases.Owner, forget = now - ForgetReplicasAfter }
                );
                await transaction.ExecuteAsync(
                    "insert into replica (replica_id, locations_version, seen_at) values (@Owner, @Version, @now)",
                    new
                    {
                        leases.Owner,
                        gates.Version,
                        now,
                    }
                );
            },
            cancellationToken
        );
        saidAt = time.GetTimestamp();
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Changes to locations cannot be followed now; the secrets that are known stay in force."
        )]
        public static partial void RefreshFailed(ILogger logger, Exception exception);
    }
}
