using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Retention;

/// <summary>
/// Removes what is older than configured and needed by nobody, in short transactions. Events go before the notifications that they point at.
/// </summary>
internal sealed class RetentionPass(
    Database database,
    EventRetentionLimit events,
    LogAges ages,
    IOptions<RetentionOptions> options,
    TrustedClock clock,
    TimeProvider time
)
{
    private const int ScatteredAtOnce = 100;

    private readonly OldestReferencedNotification told = new();
    private readonly BatchSize batch = BatchSize.Of(database.Engine);
    private TrustedTime now;

    /// <summary>Takes out a batch of each kind; of the logs, where nobody waits for it, as many as one turn has time for.</summary>
    /// <returns>How many rows were dealt with; 0 when nothing is due.</returns>
    /// <exception cref="LeaseLostException">Another replica does it now.</exception>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var keep = options.Value;
        now = await clock.ReadAsync(cancellationToken);
        var removed = await PruneAsync(PrunedLog.Events, keep.Events, events.ReadAsync, lease, cancellationToken);
        var bound = await LastNotificationAsync(cancellationToken);
        removed += await PruneAsync(
            PrunedLog.Notifications,
            keep.Notifications,
            _ => Task.FromResult(bound),
            lease,
            cancellationToken
        );
        removed += await PruneAsync(ExpiredRowQuery.SetAside, keep.UnroutedNotifications, lease, cancellationToken);
        removed += await PruneAsync(ExpiredRowQuery.Rerouted, keep.Notifications, lease, cancellationToken);
        removed += await PruneAsync(ExpiredRowQuery.ReroutedNotes, TimeSpan.Zero, lease, cancellationToken);
        removed += await PruneAsync(ExpiredRowQuery.DeadLetters, keep.DeadLetters, lease, cancellationToken);
        removed += await PruneAsync(ExpiredRowQuery.RemovedRecords, keep.RemovedRecords, lease, cancellationToken);
        await MeasureAsync(cancellationToken);
        return removed;
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
            var (removed, taken) = await database.WriteAsync(
                async transaction =>
                {
                    var started = time.GetTimestamp();
                    await lease.EnsureAsync(transaction);
                    // Within the transaction: what came to be needed meanwhile is not missed.
                    var (last, _) = await boundAsync(transaction);
                    var rows = await LogPruning.RemoveAsync(transaction, log, last, old, before, limit);
                    return (rows, time.GetElapsedTime(started));
                },
                cancellationToken
            );
            RetentionMetrics.CountRemoved($"{log.Name}s", removed);
            return (removed, taken);
        });
    }

    private async Task<int> PruneAsync(
        ExpiredRowQuery rows,
        TimeSpan keepFor,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<DynamicParameters> found;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            found = await rows.FindAsync(connection, from: 0, Before(keepFor), ScatteredAtOnce);
        }

        var redated = await RedateAsync(rows, lease, cancellationToken);
        if (found.Count == 0)
        {
            return redated;
        }

        var removed = await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                return await rows.DeleteAsync(transaction, found);
            },
            cancellationToken
        );
        RetentionMetrics.CountRemoved(rows.Name, removed);
        return removed + redated;
    }

    private async Task<int> RedateAsync(ExpiredRowQuery rows, Lease lease, CancellationToken cancellationToken)
    {
        if (rows.RedateSql is null)
        {
            return 0;
        }

        IReadOnlyList<DynamicParameters> found;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            found = await rows.FindAsync(connection, now.Future + 1, long.MaxValue, ScatteredAtOnce);
        }

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

    /// <summary>Finds a row that is old enough. Usually there is none, so this does not use the writer.</summary>
    private async Task<long?> FindOldAsync(PrunedLog log, long before, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await ages.ReadFirstAsync(connection, log, now.Future) is var (seq, at) && at <= before ? seq : null;
    }

    private async Task<LogBound> LastNotificationAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await told.ReadAsync(connection);
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        foreach (var log in new[] { PrunedLog.Events, PrunedLog.Notifications })
        {
            var oldest = await ages.ReadFirstAsync(connection, log, now.Future);
            RetentionMetrics.NoteOldest($"{log.Name}s", oldest is var (_, at) ? Math.Max(now.Now - at, 0) / 1000d : 0);
        }
    }

    private long Before(TimeSpan keepFor) => now.Now - (long)keepFor.TotalMilliseconds;
}
