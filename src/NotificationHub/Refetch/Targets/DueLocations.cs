using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <param name="Due">The locations with targets that are due, the longest waiting ones first.</param>
/// <param name="Surveys">The locations with a survey that is due and no target that is, the longest waiting ones first.</param>
/// <param name="NextDueAt">When the next one falls due; null where none waits.</param>
internal sealed record DueLocations(IReadOnlyList<string> Due, IReadOnlyList<string> Surveys, long? NextDueAt)
{
    // Only where Apple may be called: what waits for a content token stays waiting. A few seeks for each location, however
    // much waits there. A location without a survey has not begun to be imported.
    public const string Sql = """
        select l.location_id, l.paused_until,
            (select min(t.due_at) from refetch_target t where t.location_id = l.location_id and t.requested > t.fetched),
            case
                when exists (select 1 from survey s where s.location_id = l.location_id)
                then (select min(s.due_at) from survey s where s.location_id = l.location_id)
                else 0
            end
        from location l
        where l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null
        """;

    /// <param name="surveys">Whether locations are surveyed at all.</param>
    public static async Task<DueLocations> ReadAsync(
        Database database,
        IReadOnlyCollection<int> shards,
        bool surveys,
        long now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var callable = (
            await connection.QueryAsync<(string LocationId, long? PausedUntil, long? DueAt, long? SurveyAt)>(Sql)
        )
            .Where(location => shards.Contains(RefetchTargets.ShardOf(location.LocationId)))
            .ToList();
        var targets = new Waiting(now, callable.Select(row => (row.LocationId, row.DueAt, row.PausedUntil)));
        var busy = targets.Due.ToHashSet(StringComparer.Ordinal);
        var others = surveys ? callable.Where(row => !busy.Contains(row.LocationId)) : [];
        var walks = new Waiting(now, others.Select(row => (row.LocationId, row.SurveyAt, row.PausedUntil)));
        return new DueLocations(targets.Due, walks.Due, Earlier(targets.NextDueAt, walks.NextDueAt));
    }

    private static long? Earlier(long? one, long? other) => one < other || other is null ? one : other;

    /// <summary>Those that wait, in the order in which they fall due.</summary>
    private sealed class Waiting
    {
        public Waiting(long now, IEnumerable<(string LocationId, long? DueAt, long? PausedUntil)> locations)
        {
            var waiting = locations
                .Where(location => location.DueAt is not null)
                .Select(location =>
                    (location.LocationId, DueAt: Math.Max(location.DueAt!.Value, location.PausedUntil ?? 0))
                )
                .OrderBy(location => location.DueAt)
                .ToList();
            Due = [.. waiting.TakeWhile(location => location.DueAt <= now).Select(location => location.LocationId)];
            NextDueAt = Due.Count < waiting.Count ? waiting[Due.Count].DueAt : null;
        }

        public IReadOnlyList<string> Due { get; }

        public long? NextDueAt { get; }
    }
}
