using System.Collections.Concurrent;
using NotificationHub.Locations;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>Runs the slots of the locations in this replica's shards.</summary>
internal sealed partial class RefetchWorker(
    Database database,
    LeaseKeeper leases,
    RefetchPass pass,
    ILocationWork fullSyncs,
    LocationSessions sessions,
    LocationScheduler scheduler,
    DueLocationsQuery due,
    PendingTargetCount pending,
    RefetchMetrics metrics,
    ReplicaTimings replicaTimings,
    TimeProvider time,
    ILogger<RefetchWorker> logger
) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // New requests are due after the quiet period, so looking more often would find nothing.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);

    // With ten thousand locations, a query takes long: rest nine times as long as it took.
    private const int RestFactor = 9;

    private static readonly TimeSpan PauseAfterError = TimeSpan.FromSeconds(5);

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
                var nextDueIn = await FindWorkAsync(stoppingToken);
                var (rest, wait) = GetPause(time.GetElapsedTime(started), nextDueIn);
                await Task.Delay(rest, time, stoppingToken);
                await Signal.WaitAsync(signal, wait, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The running slots end by the same token.
        }

        await running.WhenEndedAsync();
        await ReleaseAsync();
    }

    /// <returns>The rest before the next query, and how long to wait for a signal after the rest.</returns>
    public static (TimeSpan Delay, TimeSpan Wait) GetPause(TimeSpan elapsed, TimeSpan nextDueIn)
    {
        var rest = TimeSpan.FromTicks(Math.Clamp(RestFactor * elapsed.Ticks, MinInterval.Ticks, PollInterval.Ticks));
        return (rest, nextDueIn > rest ? nextDueIn - rest : TimeSpan.Zero);
    }

    private async Task<TimeSpan> FindWorkAsync(CancellationToken stoppingToken)
    {
        try
        {
            var busy = running.Locations.Select(RefetchTargets.GetShard).ToHashSet();
            await shards.BalanceAsync(busy, stoppingToken);
            return !sessions.AreReady ? PollInterval : await StartSlotsAsync(stoppingToken);
        }
        // An exception that leaves a background service stops the hub.
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            Log.QueryFailed(logger, exception);
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

    private async Task<TimeSpan> StartSlotsAsync(CancellationToken stoppingToken)
    {
        if (shards.Held.Count == 0)
        {
            return PollInterval;
        }

        var now = time.GetStoredUtcNow();
        var locations = await due.ReadAsync(shards.Held, fullSyncs.IsEnabled, now, stoppingToken);
        if (await pending.CountAsync(stoppingToken) is { } count)
        {
            metrics.SetPending(count);
        }

        foreach (var locationId in scheduler.Take(locations.Due))
        {
            Start(locationId, pass.ReadDueAsync, stoppingToken);
        }

        foreach (var locationId in scheduler.TakeFullSyncs(locations.FullSyncs))
        {
            Start(locationId, fullSyncs.RunAsync, stoppingToken);
        }

        return locations.NextDueAt is { } next && next - now < PollInterval ? next - now : PollInterval;
    }

    private void Start(
        string locationId,
        Func<string, Lease, CancellationToken, Task> work,
        CancellationToken stoppingToken
    )
    {
        var lease = shards.GetLease(RefetchTargets.GetShard(locationId));
        running.Start(locationId, () => RunSlotAsync(locationId, work, lease, stoppingToken));
    }

    private async Task RunSlotAsync(
        string locationId,
        Func<string, Lease, CancellationToken, Task> work,
        Lease lease,
        CancellationToken stoppingToken
    )
    {
        using var owned = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lease.Lost);
        try
        {
            await work(locationId, lease, owned.Token);
        }
        catch (Exception exception)
            when (exception is LeaseLostException or OperationCanceledException && owned.IsCancellationRequested)
        {
            // Another replica reads the pending targets.
        }
        catch (LocationClosedException)
        {
            // The location was removed while an error was recorded.
        }
        // A location that fails must not block the others.
        catch (Exception exception)
        {
            Log.SlotFailed(logger, locationId, exception);
            scheduler.Pause(locationId, PauseAfterError);
        }
        finally
        {
            scheduler.End(locationId);
            // A slot is free for another location.
            database.Signals.TargetsRequested.Raise();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Could not query due refetch targets; will retry.")]
        public static partial void QueryFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Debug, "Could not release the leases of the refetch shards. They will expire.")]
        public static partial void NotReleased(ILogger logger, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "The reads of location {LocationId} failed. They will be retried in five seconds."
        )]
        public static partial void SlotFailed(ILogger logger, string locationId, Exception exception);
    }
}

internal sealed class RunningSlots
{
    private readonly ConcurrentDictionary<object, (string LocationId, Task Slot)> slots = new();

    public IEnumerable<string> Locations => slots.Values.Select(slot => slot.LocationId);

    /// <param name="slot">Must not throw.</param>
    public void Start(string locationId, Func<Task> slot)
    {
        var key = new object();
        Task<Task> start = new(() => RunAsync(key, slot));
        // Add the entry before the slot starts: otherwise, a slot that ends at once would leave an entry, and its shard would
        // be busy forever.
        slots[key] = (locationId, start.Unwrap());
        start.Start(TaskScheduler.Default);
    }

    public Task WhenEndedAsync() => Task.WhenAll(slots.Values.Select(slot => slot.Slot));

    private async Task RunAsync(object key, Func<Task> slot)
    {
        try
        {
            await slot();
        }
        finally
        {
            slots.TryRemove(key, out _);
        }
    }
}
