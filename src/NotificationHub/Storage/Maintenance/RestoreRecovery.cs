using NotificationHub.Events;

namespace NotificationHub.Storage.Maintenance;

/// <summary>What a restore has come to.</summary>
/// <param name="Epoch">That of the events from now on.</param>
/// <param name="FirstEvent">None of them has a smaller <c>seq</c>.</param>
internal sealed record RestoreOutcome(long Epoch, long FirstEvent);

/// <summary>
/// Prepares a database that was restored from a backup. Consumers still have the events that were appended after the backup. Therefore the
/// logs continue in a new epoch, far beyond any <c>seq</c> used since, so that no ID or revision is reused with different content. Every
/// record is restated.
/// </summary>
internal sealed class RestoreRecovery(Database database)
{
    /// <summary>
    /// For a clock that is behind: more than is appended between a backup and its restore. Small, so that the sequences do not run days ahead of
    /// the clock: otherwise a later restore from an older backup, which only has the clock, would use lower revisions than consumers have.
    /// </summary>
    private const long Leap = 100_000_000;

    /// <summary>
    /// More than is appended in a millisecond. This number for each millisecond since 1970 exceeds every <c>seq</c> ever used, even after an
    /// earlier restore from the same backup, which this database does not know about.
    /// </summary>
    private const long MostPerMillisecond = 1_000;

    /// <summary>Above any number that an owner may hold that has not noticed yet.</summary>
    private const long LeaseLeap = 1_000_000;

    /// <exception cref="DatabaseOpenException">A hub runs on it.</exception>
    public async Task<RestoreOutcome> GoOnAsync(Actor actor, CancellationToken cancellationToken)
    {
        var (seqs, now) = await database.WriteAsync(
            async transaction =>
            {
                await RunningHubs.RefuseAsync(transaction, database, "run `migrate --after-restore`");
                return (await LogSeqs.ReadAsync(transaction), await transaction.NowAsync());
            },
            cancellationToken
        );
        // First: should this end between the two, the logs have leapt once too often, which costs nothing.
        var raised = new LogSeqs(Behind(seqs.Notifications, now), Behind(seqs.Events, now));
        await database.AdvanceSequencesAsync(raised.Notifications, raised.Events, cancellationToken);
        return await database.WriteAsync(transaction => BeginAnewAsync(transaction, raised, actor), cancellationToken);
    }

    private static long Behind(long seq, long now) => Math.Max(seq + Leap, now * MostPerMillisecond);

    private static async Task<RestoreOutcome> BeginAnewAsync(WriteTransaction transaction, LogSeqs raised, Actor actor)
    {
        var now = await transaction.NowAsync();
        await BeginEpochAsync(transaction, "notification", raised.Notifications + 1);
        var outcome = new RestoreOutcome(
            await BeginEpochAsync(transaction, "event", raised.Events + 1),
            raised.Events + 1
        );
        await ForgetOwnersAsync(transaction);
        await LookAgainAsync(transaction, now);
        await RestateAsync(transaction, outcome, now);
        await AuditLog.RecordAsync(
            transaction,
            actor,
            new AuditedAct("migrate --after-restore", Subject: $"epoch {outcome.Epoch}"),
            AuditOutcome.Succeeded
        );
        transaction.AppendEvents([await RestoredAsync(transaction, outcome, now)]);
        return outcome;
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
            "update lease set owner = null, expires_at = 0, fencing_token = fencing_token + @LeaseLeap",
            new { LeaseLeap }
        );
        await transaction.ExecuteAsync("delete from replica");
        await transaction.ExecuteAsync("update change_counter set value = value + 1");
    }

    // Apple does not repeat what it has sent since the backup. So each Client Config is compared, and the Event Status of each open operation
    // is requested, as soon as a hub runs.
    private static async Task LookAgainAsync(WriteTransaction transaction, long now)
    {
        await transaction.ExecuteAsync("update location_check set due_at = @now where due_at > @now", new { now });
        await transaction.ExecuteAsync(
            "update operation set due_at = @now where closed_at is null and due_at > @now",
            new { now }
        );
    }

    // Consumers may have applied events that were published after the backup. Only a later event for the record corrects them, but there is
    // none if Apple's record matches the backup. So every record is read from the first page on and restated, even if no full sync is scheduled.
    private static async Task RestateAsync(WriteTransaction transaction, RestoreOutcome outcome, long now)
    {
        await transaction.ExecuteAsync(
            "update location set restate_from = @FirstEvent where state <> 'removed'",
            new { outcome.FirstEvent }
        );
        await transaction.ExecuteAsync(
            """
            update full_sync
            set restate_from = @FirstEvent, phase = 'waiting', page_token = null, first_version = null, since_version = null,
                start_number = null, undisturbed = 1, restarts = 0, attempts = 0, refused_at = null, doubted_number = null, doubted_at = null,
                due_at = case when imported_at is null and due_at is null then null else @now end
            """,
            new { outcome.FirstEvent, now }
        );
    }

    private static async Task<NewEvent> RestoredAsync(WriteTransaction transaction, RestoreOutcome outcome, long now) =>
        NewEvent.Create(
            EventNames.HubRestored,
            locationId: null,
            subject: null,
            new HubRestored
            {
                Epoch = outcome.Epoch,
                FromRevision = EventLog.Padded(outcome.FirstEvent),
                Locations = await transaction.QueryAsync<string>(
                    "select location_id from location where state <> 'removed' order by location_id"
                ),
            },
            EventJsonContext.Wire.HubRestored,
            now
        );
}
