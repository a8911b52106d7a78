using NotificationHub.Storage.Auditing;

namespace NotificationHub.Storage.Upkeep;

/// <summary>What a restore has come to.</summary>
/// <param name="Epoch">That of the events from now on.</param>
/// <param name="FirstEvent">None of them has a smaller <c>seq</c>.</param>
internal sealed record RestoreOutcome(long Epoch, long FirstEvent);

/// <summary>
/// Makes a database that was restored from a backup fit to go on. What was appended after the backup is gone from it, but not from those who
/// consumed it: the logs go on far behind any <c>seq</c> that was given out since, in a new epoch, so that no id and no revision comes back with
/// other content, and whoever keeps the highest revision of a record takes the next one.
/// </summary>
internal sealed class RestoredDatabase(Database database)
{
    /// <summary>More than is appended in years: at 1,000 events a second, in thirty.</summary>
    private const long Leap = 1_000_000_000_000;

    /// <summary>Above any number that an owner may hold that has not noticed yet.</summary>
    private const long LeaseLeap = 1_000_000;

    /// <exception cref="DatabaseOpenException">A hub runs on it.</exception>
    public async Task<RestoreOutcome> GoOnAsync(Actor actor, CancellationToken cancellationToken)
    {
        var seqs = await database.WriteAsync(
            async transaction =>
            {
                await RunningHubs.RefuseAsync(transaction, database, "run `migrate --after-restore`");
                return await LogSeqs.ReadAsync(transaction);
            },
            cancellationToken
        );
        // First: should this end between the two, the logs have leapt once too often, which costs nothing.
        var raised = new LogSeqs(seqs.Notifications + Leap, seqs.Events + Leap);
        await database.RaiseSeqsAsync(raised.Notifications, raised.Events, cancellationToken);
        return await database.WriteAsync(transaction => BeginAnewAsync(transaction, raised, actor), cancellationToken);
    }

    private static async Task<RestoreOutcome> BeginAnewAsync(WriteTransaction transaction, LogSeqs raised, Actor actor)
    {
        var now = await transaction.NowAsync();
        await BeginEpochAsync(transaction, "notification", raised.Notifications + 1);
        var epoch = await BeginEpochAsync(transaction, "event", raised.Events + 1);
        await ForgetOwnersAsync(transaction);
        await LookAgainAsync(transaction, now);
        await AuditLog.RecordAsync(
            transaction,
            actor,
            new AuditedAct("migrate --after-restore", Subject: $"epoch {epoch}"),
            AuditOutcome.Done
        );
        return new RestoreOutcome(epoch, raised.Events + 1);
    }

    private static async Task<long> BeginEpochAsync(WriteTransaction transaction, string log, long from)
    {
        var epoch =
            1 + await transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = @log", new { log });
        await transaction.ExecuteAsync(
            "insert into log_epoch (log, epoch, from_seq) values (@log, @epoch, @from)",
            new
            {
                log,
                epoch,
                from,
            }
        );
        return epoch;
    }

    private static async Task ForgetOwnersAsync(WriteTransaction transaction)
    {
        await transaction.ExecuteAsync(
            "update lease set owner = null, expires_at = 0, number = number + @LeaseLeap",
            new { LeaseLeap }
        );
        await transaction.ExecuteAsync("delete from replica");
        await transaction.ExecuteAsync("update change_counter set value = value + 1");
    }

    // What Apple told of since the backup is not told again: everything is read, and each Client Config compared, as soon as a hub runs.
    private static async Task LookAgainAsync(WriteTransaction transaction, long now)
    {
        await transaction.ExecuteAsync("update survey set due_at = @now where due_at > @now", new { now });
        await transaction.ExecuteAsync("update location_watch set due_at = @now where due_at > @now", new { now });
    }
}
