using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Replays;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Retention;

/// <summary>Deletes old rows that are no longer needed, in short transactions. Events are deleted before their notifications.</summary>
internal sealed class RetentionPass(
    Database database,
    EventRetentionLimit events,
    LogAges ages,
    RetentionMetrics metrics,
    IOptions<RetentionOptions> options,
    TrustedClock clock,
    TimeProvider time
)
{
    private const int ExpiredBatchRows = 100;

    private readonly OldestReferencedNotification oldestReferenced = new();
    private readonly BatchSize batch = BatchSize.ForEngine(database.Engine);
    private TrustedTime now;

    /// <summary>Deletes a batch of each kind, and of the logs as many batches as the engine's time budget allows.</summary>
    /// <returns>How many rows were processed; 0 if none is due.</returns>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var keep = options.Value;
        now = await clock.ReadAsync(cancellationToken);
        var deleted = await PruneAsync(
            PrunedLog.Events,
            keep.Events,
            connection => events.ReadAsync(connection, now.Now),
            lease,
            cancellationToken
        );
        var bound = await database.ReadAsync(oldestReferenced.ReadAsync, cancellationToken);
        deleted += await PruneAsync(
            PrunedLog.Notifications,
            keep.Notifications,
            _ => Task.FromResult(bound),
            lease,
            cancellationToken
        );
        deleted += await PruneAsync(ExpiredRowQuery.Unrouted, keep.UnroutedNotifications, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.Rerouted, keep.Notifications, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.Reroutes, TimeSpan.Zero, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.SetAside, TimeSpan.Zero, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.DeadLetters, keep.DeadLetters, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.Replays, ReplayStore.KeepFinished, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.RemovedRecords, keep.RemovedRecords, lease, cancellationToken);
        await MeasureAsync(cancellationToken);
        return deleted;
    }

    private async Task<int> PruneAsync(
        PrunedLog log,
        TimeSpan keepFor,
        Func<DbConnection, Task<LogBound>> boundAsync,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        var before = Before(keepFor);
        if (await FindOldAsync(log, before, cancellationToken) is not { } old)
        {
            return 0;
        }

        return await batch.RunAsync(async limit =>
        {
            var (deleted, taken) = await database.WriteAsync(
                lease,
                async transaction =>
                {
                    var started = time.GetTimestamp();
                    // In the transaction, so that a row that is needed again is not deleted.
                    var (last, _) = await boundAsync(transaction.Connection);
                    var rows = await LogPruning.DeleteAsync(transaction, log, last, old, before, limit);
                    return (rows, time.GetElapsedTime(started));
                },
                cancellationToken
            );
            metrics.CountDeleted($"{log.Name}s", deleted);
            return (deleted, taken);
        });
    }

    private async Task<int> PruneAsync(
        ExpiredRowQuery rows,
        TimeSpan keepFor,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        var found = await FindAsync(rows, DateTimeOffset.MinValue, Before(keepFor), cancellationToken);
        var redated = await RedateAsync(rows, lease, cancellationToken);
        if (found.Count == 0)
        {
            return redated;
        }

        var deleted = await database.WriteAsync(
            lease,
            transaction => rows.DeleteAsync(transaction, found),
            cancellationToken
        );
        metrics.CountDeleted(rows.Name, deleted);
        return deleted + redated;
    }

    private async Task<int> RedateAsync(ExpiredRowQuery rows, Lease lease, CancellationToken cancellationToken)
    {
        if (rows.RedateSql is null)
        {
            return 0;
        }

        var found = await FindAsync(
            rows,
            now.Future + TimeSpan.FromMilliseconds(1),
            DateTimeOffset.MaxValue,
            cancellationToken
        );
        return found.Count == 0
            ? 0
            : await database.WriteAsync(
                lease,
                transaction => rows.RedateAsync(transaction, found, now.Now, now.Future),
                cancellationToken
            );
    }

    // Usually there is none, so this does not use the writer.
    private async Task<long?> FindOldAsync(PrunedLog log, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await ages.ReadFirstAsync(connection, log, now.Future) is var (seq, at) && at <= before ? seq : null;
    }

    private Task<IReadOnlyList<DynamicParameters>> FindAsync(
        ExpiredRowQuery rows,
        DateTimeOffset from,
        DateTimeOffset until,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => rows.FindAsync(connection, from, until, ExpiredBatchRows), cancellationToken);

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        foreach (var log in new[] { PrunedLog.Events, PrunedLog.Notifications })
        {
            var oldest = await ages.ReadFirstAsync(connection, log, now.Future);
            metrics.RecordOldest($"{log.Name}s", oldest is var (_, at) ? Math.Max((now.Now - at).TotalSeconds, 0) : 0);
        }
    }

    private DateTimeOffset Before(TimeSpan keepFor) => now.Now - keepFor;
}

// On SQLite, deliveries wait for the transaction, so it takes about two milliseconds. On SQL Server they do not wait, and round trips alone
// take longer.
/// <summary>How many rows a transaction deletes, adapted to the time that it takes.</summary>
/// <param name="min">The smallest batch, unless a transaction failed.</param>
/// <param name="quick">After a quicker transaction, the batch grows.</param>
/// <param name="slow">After a slower transaction, the batch shrinks.</param>
/// <param name="budget">How long transactions follow each other without a rest.</param>
internal sealed class BatchSize(int min, TimeSpan quick, TimeSpan slow, TimeSpan budget)
{
    // SQL Server locks the whole table at 5,000 rows.
    private const int Max = 1_000;

    public int Rows { get; private set; } = 100;

    public static BatchSize ForEngine(string engine) =>
        engine == StorageOptions.SqlServer
            ? new(100, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(50), budget: TimeSpan.FromSeconds(1))
            // A body of a megabyte takes hundreds of pages.
            : new(10, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), budget: TimeSpan.Zero);

    /// <summary>Deletes at least one batch, and more until one is not full or the budget is spent.</summary>
    /// <param name="deleteAsync">Deletes a number of rows; returns how many existed and how long it took.</param>
    public async Task<int> RunAsync(Func<int, Task<(int Deleted, TimeSpan Taken)>> deleteAsync)
    {
        var sum = 0;
        var spent = TimeSpan.Zero;
        while (true)
        {
            var rows = Rows;
            var (deleted, taken) = await DeleteAsync(deleteAsync, rows);
            Adapt(deleted, taken);
            sum += deleted;
            spent += taken;
            if (deleted < rows || spent >= budget)
            {
                return sum;
            }
        }
    }

    private async Task<(int Deleted, TimeSpan Taken)> DeleteAsync(
        Func<int, Task<(int Deleted, TimeSpan Taken)>> deleteAsync,
        int rows
    )
    {
        try
        {
            return await deleteAsync(rows);
        }
        catch (StorageUnavailableException)
        {
            // If it timed out, the same batch would time out forever. With large bodies, even the usual minimum may be too much.
            Rows = Math.Max(rows / 2, 1);
            throw;
        }
    }

    private void Adapt(int deleted, TimeSpan taken)
    {
        if (taken > slow)
        {
            Rows = Math.Max(Rows / 2, Math.Min(Rows, min));
        }
        else if (taken < quick && deleted >= Rows)
        {
            Rows = Math.Min(Rows * 2, Max);
        }
    }
}

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

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        long? repairedAt = null;
        while (true)
        {
            var started = Time.GetTimestamp();
            if (repairedAt is not { } last || Time.GetElapsedTime(last, started) >= RepairInterval)
            {
                await dueTimes.RepairAsync(lease, cancellationToken);
                repairedAt = started;
            }

            var deleted = await pass.RunAsync(lease, cancellationToken);
            await (
                deleted > 0
                    ? throttle.RestAsync(started, cancellationToken)
                    : Task.Delay(Interval, Time, cancellationToken)
            );
        }
    }
}
