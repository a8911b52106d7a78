using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Gives the locations of this replica's shards their turns, several at a time.</summary>
internal sealed partial class RefetchWorker(
    Database database,
    LeaseKeeper leases,
    RefetchPass pass,
    ILocationWork fullSyncs,
    LocationSessions sessions,
    LocationScheduler queue,
    DueLocationsQuery due,
    PendingTargetCount pending,
    RefetchMetrics metrics,
    IOptions<RefetchOptions> options,
    ReplicaTimings replicaTimings,
    TimeProvider time,
    ILogger<RefetchWorker> logger
) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>What has just been asked for is not due at once: looking for it more often finds nothing.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Where very much is due every location is looked at: with ten thousand of them a look must not follow upon the other.</summary>
    private const int RestPerLook = 9;

    private static readonly TimeSpan RestAfterError = TimeSpan.FromSeconds(5);

    private readonly RefetchShards shards = new(database, leases, replicaTimings.Timeout, time);
    private readonly RunningSlots running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var signal = database.Signals.TargetsRequested.Next;
                var started = time.GetTimestamp();
                var wait = await LookAsync(stoppingToken);
                await Task.Delay(RestAfter(time.GetElapsedTime(started)), time, stoppingToken);
                await Signal.WaitAsync(signal, wait, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The turns end by the same token.
        }

        await running.EndAsync();
        await ReleaseAsync();
    }

    private static TimeSpan RestAfter(TimeSpan look) =>
        TimeSpan.FromTicks(Math.Clamp(RestPerLook * look.Ticks, LookInterval.Ticks, PollInterval.Ticks));

    /// <returns>How long there is nothing to look for, so far as is known.</returns>
    private async Task<TimeSpan> LookAsync(CancellationToken stoppingToken)
    {
        try
        {
            var busy = running.Locations.Select(RefetchTargets.ShardOf).ToHashSet();
            await shards.BalanceAsync(busy, stoppingToken);
            return !sessions.AreReady ? PollInterval : await StartTurnsAsync(stoppingToken);
        }
        // An exception that leaves a background service ends the hub.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            Log.NotLooked(logger, exception);
            return PollInterval;
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await shards.ReleaseAsync(CancellationToken.None);
        }
        // A lease that is not released expires.
        catch (Exception exception)
        {
            Log.NotReleased(logger, exception);
        }
    }

    private async Task<TimeSpan> StartTurnsAsync(CancellationToken stoppingToken)
    {
        if (shards.Held.Count == 0)
        {
            return PollInterval;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var locations = await due.ReadAsync(shards.Held, options.Value.FullSyncs, now, stoppingToken);
        if (await pending.CountAsync(stoppingToken) is { } count)
        {
            metrics.SetPending(count);
        }

        foreach (var locationId in queue.Take(locations.Due))
        {
            Start(locationId, pass.ReadDueAsync, stoppingToken);
        }

        foreach (var locationId in queue.TakeFullSyncs(locations.FullSyncs))
        {
            Start(locationId, fullSyncs.RunAsync, stoppingToken);
        }

        return locations.NextDueAt is { } next && next - now < PollInterval.TotalMilliseconds
            ? TimeSpan.FromMilliseconds(next - now)
            : PollInterval;
    }

    private void Start(
        string locationId,
        Func<string, Lease, CancellationToken, Task> turn,
        CancellationToken stoppingToken
    )
    {
        var lease = shards.LeaseOf(RefetchTargets.ShardOf(locationId));
        running.Start(locationId, () => RunTurnAsync(locationId, turn, lease, stoppingToken));
    }

    private async Task RunTurnAsync(
        string locationId,
        Func<string, Lease, CancellationToken, Task> turn,
        Lease lease,
        CancellationToken stoppingToken
    )
    {
        using var owned = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
        try
        {
            await turn(locationId, lease, owned.Token);
        }
        catch (Exception exception)
            when (exception is LeaseLostException or OperationCanceledException && owned.IsCancellationRequested)
        {
            // Another replica reads what is not completed.
        }
        catch (LocationClosedException)
        {
            // It was removed while an error was being noted.
        }
        // A location that fails must not block the others.
        catch (Exception exception)
        {
            Log.TurnFailed(logger, locationId, exception);
            queue.Rest(locationId, RestAfterError);
        }
        finally
        {
            queue.End(locationId);
            // There is a place for another location.
            database.Signals.TargetsRequested.Raise();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "What is due to be read cannot be looked up now.")]
        public static partial void NotLooked(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Debug, "The shards of the reads could not be given back; they run out by themselves.")]
        public static partial void NotReleased(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "The reads for location {LocationId} failed; they are tried again.")]
        public static partial void TurnFailed(ILogger logger, string locationId, Exception exception);
    }
}
