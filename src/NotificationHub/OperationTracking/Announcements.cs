using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Takes announcements into the ledger. Saying the same again changes nothing.</summary>
internal sealed class Announcements(Database database, TimeProvider time)
{
    private const int ChunkRows = 100;

    /// <summary>Those of the locations that the hub does not know.</summary>
    public async Task<IReadOnlyCollection<string>> FindStrangersAsync(
        IEnumerable<string> locationIds,
        CancellationToken cancellationToken
    )
    {
        HashSet<string> asked = new(locationIds, StringComparer.Ordinal);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        asked.ExceptWith(
            await asked.InPartsAsync(part =>
                connection.QueryAsync<string>(
                    "select location_id from location where location_id in @asked",
                    new { asked = part.InList() }
                )
            )
        );
        return asked;
    }

    /// <summary>Announces what was not announced yet; the first announcement of an operation stands.</summary>
    /// <param name="announcements">Judged already.</param>
    /// <param name="actor">Who announces.</param>
    /// <param name="cancellationToken">Ends it between two chunks; saying it again does the rest.</param>
    /// <returns>How many were new.</returns>
    public async Task<int> TakeAsync(
        IReadOnlyCollection<Announcement> announcements,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var taken = 0;
        foreach (var chunk in announcements.Chunk(ChunkRows))
        {
            taken += await database.WriteAsync(t => TakeAsync(t, chunk, actor), cancellationToken);
        }

        return taken;
    }

    private async Task<int> TakeAsync(WriteTransaction transaction, Announcement[] chunk, Actor actor)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        List<Announcement> taken = [];
        foreach (var announcement in chunk)
        {
            var row = new
            {
                announcement.EventId,
                announcement.Location,
                announcement.Kind,
                announcement.Deferred,
                announcement.Tasks,
                who = actor.Name,
                now,
                DueAt = now + (long)OperationProgressBatch.Silence.TotalMilliseconds,
            };
            var known = await transaction.ExecuteAsync(Complete, row);
            if (known == 1 || await transaction.ExecuteAsync(Insert, row) == 1)
            {
                taken.Add(announcement);
            }
        }

        if (taken.Count > 0)
        {
            await AuditLog.RecordAsync(transaction, actor, ActOf(taken), AuditOutcome.Succeeded);
            transaction.OnCommit(transaction.Signals.OperationsCounted);
        }

        return taken.Count;
    }

    private static AuditedAct ActOf(List<Announcement> taken) =>
        new(
            "operations announce",
            taken.Select(one => one.Location).Distinct(StringComparer.Ordinal).ToList() is [var only] ? only : null,
            taken is [var single] ? $"operation {single.EventId}" : $"{taken.Count} operations"
        );

    // Notifications may have been faster than the MDM.
    private const string Complete = """
        update operation
        set kind = @Kind, deferred = @Deferred, tasks = @Tasks, announced_by = @who, announced_at = @now,
            counted = case when closed_at is null and succeeded + failed >= @Tasks then 1 else 0 end
        where event_id = @EventId and location_id = @Location and announced_at is null
        """;

    private const string Insert = """
        insert into operation
        (
            event_id, location_id, state, kind, deferred, tasks, announced_by, announced_at, started_at, due_at,
            notifications, succeeded, failed, counted, polls
        )
        select @EventId, @Location, 'open', @Kind, @Deferred, @Tasks, @who, @now, @now, @DueAt, 0, 0, 0, 0, 0
        where not exists (select 1 from operation where event_id = @EventId and location_id = @Location)
        """;
}
