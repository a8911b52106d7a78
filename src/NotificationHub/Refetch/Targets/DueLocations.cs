using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <param name="Due">The locations with targets that are due, the longest waiting ones first.</param>
/// <param name="NextDueAt">When the next one falls due; null where none waits.</param>
internal sealed record DueLocations(IReadOnlyList<string> Due, long? NextDueAt)
{
    // Only where Apple may be called: what waits for a content token stays waiting. One seek in the index for each location,
    // however much waits there.
    public const string Sql = """
        select l.location_id, l.paused_until,
            (select min(t.due_at) from refetch_target t where t.location_id = l.location_id and t.requested > t.fetched)
        from location l
        where l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null
        """;

    public static async Task<DueLocations> ReadAsync(
        Database database,
        IReadOnlyCollection<int> shards,
        long now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var callable = await connection.QueryAsync<(string LocationId, long? PausedUntil, long? DueAt)>(Sql);
        var waiting = callable
            .Where(location =>
                location.DueAt is not null && shards.Contains(RefetchTargets.ShardOf(location.LocationId))
            )
            .Select(location =>
                (location.LocationId, DueAt: Math.Max(location.DueAt!.Value, location.PausedUntil ?? 0))
            )
            .OrderBy(location => location.DueAt)
            .ToList();
        var due = waiting.TakeWhile(location => location.DueAt <= now).Select(location => location.LocationId).ToList();
        return new DueLocations(due, due.Count < waiting.Count ? waiting[due.Count].DueAt : null);
    }
}
