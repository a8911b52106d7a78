using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Stores announcements. Repeating an announcement changes nothing.</summary>
internal sealed class Announcements(Database database, TimeProvider time)
{
    private const int ChunkRows = 100;

    public async Task<IReadOnlyCollection<string>> FindUnknownLocationsAsync(
        IEnumerable<string> locationIds,
        CancellationToken cancellationToken
    )
    {
        HashSet<string> unknown = new(locationIds, StringComparer.Ordinal);
        var known = await database.ReadAsync(
            connection =>
                unknown.InPartsAsync(part =>
                    connection.QueryAsync<string>(
                        "select location_id from location where location_id in @ids",
                        new { ids = part.InList() }
                    )
                ),
            cancellationToken
        );
        unknown.ExceptWith(known);
        return unknown;
    }

    /// <summary>Stores valid announcements, and returns the number of new ones. The first announcement of an operation is kept.</summary>
    public async Task<int> StoreAsync(
        IReadOnlyCollection<Announcement> announcements,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var stored = 0;
        foreach (var chunk in announcements.Chunk(ChunkRows))
        {
            stored += await database.WriteAsync(t => StoreAsync(t, chunk, actor), cancellationToken);
        }

        return stored;
    }

    private async Task<int> StoreAsync(WriteTransaction transaction, Announcement[] chunk, Actor actor)
    {
        var now = time.GetStoredUtcNow();
        var values = new
        {
            actorName = actor.Name,
            now,
            DueAt = now + OperationProgressBatch.Silence,
        };
        List<Announcement> stored = [];
        foreach (var announcement in chunk)
        {
            if (
                await transaction.ExecuteAsync(Complete, announcement, values) == 1
                || await transaction.ExecuteAsync(Insert, announcement, values) == 1
            )
            {
                stored.Add(announcement);
            }
        }

        if (stored.Count > 0)
        {
            await AuditLog.RecordAsync(transaction, actor, CreateAct(stored), AuditOutcome.Succeeded);
            transaction.OnCommit(transaction.Signals.OperationsCounted);
        }

        return stored.Count;
    }

    private static AuditedAct CreateAct(List<Announcement> stored) =>
        new(
            "operations announce",
            stored.Select(announcement => announcement.Location).Distinct(StringComparer.Ordinal).ToList() is [var only]
                ? only
                : null,
            stored is [var single] ? $"operation {single.EventId}" : $"{stored.Count} operations"
        );

    // Notifications may arrive before the announcement.
    private const string Complete = """
        update operation
        set kind = @Kind, deferred = @Deferred, tasks = @Tasks, announced_by = @actorName, announced_at = @now,
            counted = case when closed_at is null and succeeded + failed >= @Tasks then 1 else 0 end
        where event_id = @EventId and location_id = @Location and announced_at is null
        """;

    private const string Insert = """
        insert into operation
        (
            event_id, location_id, state, kind, deferred, tasks, announced_by, announced_at, started_at, due_at,
            notifications, succeeded, failed, counted, polls
        )
        select @EventId, @Location, 'open', @Kind, @Deferred, @Tasks, @actorName, @now, @now, @DueAt, 0, 0, 0, 0, 0
        where not exists (select 1 from operation where event_id = @EventId and location_id = @Location)
        """;
}
