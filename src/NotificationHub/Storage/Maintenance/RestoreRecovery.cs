using NotificationHub.Events;

namespace NotificationHub.Storage.Maintenance;

internal sealed record RestoreOutcome(long Epoch, long FirstEvent);

/// <summary>
/// Prepares a database that was restored from a backup. Consumers still have the events that were appended after the backup. Therefore the
/// logs continue in a new epoch, far beyond any <c>seq</c> used since, so that no ID or revision is reused with different content. Every
/// record is restated.
/// </summary>
internal sealed class RestoreRecovery(Database database)
{
    // For a clock that is behind: more than is appended between a backup and its restore. If the sequences ran days ahead of the clock,
    // a later restore from an older backup, which has only the clock, would use lower revisions than consumers have.
    private const long Leap = 100_000_000;

    // More than is appended in a millisecond. This number for each millisecond since 1970 exceeds every seq ever used, even after an earlier
    // restore from the same backup, which this database does not know about.
    private const long MaxPerMillisecond = 1_000;

    // Above the fencing token of any owner that has not noticed the restore.
    private const long LeaseLeap = 1_000_000;

    public async Task<RestoreOutcome> RunAsync(Actor actor, CancellationToken cancellationToken)
    {
        var (sequences, now) = await database.WriteAsync(
            async transaction =>
            {
                await RunningHubs.EnsureNoneAsync(transaction, database);
                return (await LogSequences.ReadAsync(transaction), await transaction.NowAsync());
            },
            cancellationToken
        );
        // First: if the process ends after this step, the next run advances the sequences again, which costs nothing.
        var advanced = new LogSequences(Advance(sequences.Notifications, now), Advance(sequences.Events, now));
        await database.AdvanceSequencesAsync(advanced.Notifications, advanced.Events, cancellationToken);
        return await database.WriteAsync(
            transaction => StartEpochsAsync(transaction, advanced, actor),
            cancellationToken
        );
    }

    private static long Advance(long seq, DateTimeOffset now) =>
        Math.Max(seq + Leap, now.ToStored() * MaxPerMillisecond);

    private static async Task<RestoreOutcome> StartEpochsAsync(
        WriteTransaction transaction,
        LogSequences advanced,
        Actor actor
    )
    {
        var now = await transaction.NowAsync();
        await StartEpochAsync(transaction, "notification", advanced.Notifications + 1);
        var outcome = new RestoreOutcome(
            await StartEpochAsync(transaction, "event", advanced.Events + 1),
            advanced.Events + 1
        );
        await ResetOwnersAsync(transaction);
        await ScheduleChecksAsync(transaction, now);
        await RestateAsync(transaction, outcome, now);
        await AuditLog.RecordAsync(
            transaction,
            actor,
            new AuditedAct("migrate --after-restore", Subject: $"epoch {outcome.Epoch}"),
            AuditOutcome.Succeeded
        );
        transaction.AppendEvents([await CreateEventAsync(transaction, outcome, now)]);
        return outcome;
    }

    private static async Task<long> StartEpochAsync(WriteTransaction transaction, string log, long from)
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

    private static async Task ResetOwnersAsync(WriteTransaction transaction)
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
    private static async Task ScheduleChecksAsync(WriteTransaction transaction, DateTimeOffset now)
    {
        await transaction.ExecuteAsync("update location_check set due_at = @now where due_at > @now", new { now });
        await transaction.ExecuteAsync(
            "update operation set due_at = @now where closed_at is null and due_at > @now",
            new { now }
        );
    }

    // Consumers may have applied events that were published after the backup. Only a later event for the record corrects them, but there is
    // none if Apple's record matches the backup. So every record is read from the first page on and restated, even if no full sync is scheduled.
    private static async Task RestateAsync(WriteTransaction transaction, RestoreOutcome outcome, DateTimeOffset now)
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

    private static async Task<NewEvent> CreateEventAsync(
        WriteTransaction transaction,
        RestoreOutcome outcome,
        DateTimeOffset now
    ) =>
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

/// <summary>The last <c>seq</c> that each log has used, even if its row was deleted.</summary>
internal sealed record LogSequences(long Notifications, long Events)
{
    public static async Task<LogSequences> ReadAsync(WriteTransaction transaction)
    {
        var (notifications, events) = await transaction.FirstOrDefaultAsync<(long, long)>(
            transaction.Sql("ReadSequences")
        );
        return new LogSequences(notifications, events);
    }
}

internal static class RunningHubs
{
    // A running hub updates its row every two seconds.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    // A later last-seen time means that the clock was set back after the replica stopped.
    public static readonly TimeSpan Future = TimeSpan.FromMinutes(10);

    public static async Task EnsureNoneAsync(WriteTransaction transaction, Database database)
    {
        var now = await transaction.NowAsync();
        var running = await transaction.QueryAsync<string>(
            "select replica_id from replica where seen_at > @since and seen_at <= @until order by replica_id",
            new { since = now - Silence, until = now + Future }
        );
        if (running.Count > 0)
        {
            throw new DatabaseOpenException(
                $"A hub is running on {database.DisplayName} ({string.Join(", ", running)}). Nothing was changed. Stop all hubs, and run the command again."
            );
        }
    }
}
