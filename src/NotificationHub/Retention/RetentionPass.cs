using Dapper;
using Microsoft.Extensions.Options;
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
    /// <exception cref="LeaseLostException">Another replica runs retention now.</exception>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var keep = options.Value;
        now = await clock.ReadAsync(cancellationToken);
        var deleted = await PruneAsync(PrunedLog.Events, keep.Events, events.ReadAsync, lease, cancellationToken);
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
        deleted += await PruneAsync(ExpiredRowQuery.ReroutedNotes, TimeSpan.Zero, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.DeadLetters, keep.DeadLetters, lease, cancellationToken);
        deleted += await PruneAsync(ExpiredRowQuery.RemovedRecords, keep.RemovedRecords, lease, cancellationToken);
        await MeasureAsync(cancellationToken);
        return deleted;
    }

    private async Task<int> PruneAsync(
        PrunedLog log,
        TimeSpan keepFor,
        Func<WriteTransaction, Task<LogBound>> boundAsync,
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
                async transaction =>
                {
                    var started = time.GetTimestamp();
                    await lease.EnsureAsync(transaction);
                    // In the transaction, so that a row that is needed again is not deleted.
                    var (last, _) = await boundAsync(transaction);
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
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                return await rows.DeleteAsync(transaction, found);
            },
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
                async transaction =>
                {
                    await lease.EnsureAsync(transaction);
                    return await rows.RedateAsync(transaction, found, now.Now, now.Future);
                },
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
