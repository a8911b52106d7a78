using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <param name="Due">The locations with targets that are due, and the shard of each; the longest waiting ones first.</param>
/// <param name="NextDueAt">When the next one falls due; null where none waits.</param>
/// <param name="Pending">How many targets wait, due or not.</param>
internal sealed record DueLocations(IReadOnlyList<(string LocationId, int Shard)> Due, long? NextDueAt, long Pending)
{
    private const int Limit = 1000;

    // Only where Apple may be called: what waits for a content token stays waiting.
    private const string Waiting = """
        from refetch_target t
        join location l on l.location_id = t.location_id
        where t.requested > t.fetched and t.shard in @shards
            and l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null
        """;

    public static async Task<DueLocations> ReadAsync(
        Database database,
        IReadOnlyCollection<int> shards,
        long now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var due = await connection.QueryAsync<(string, int)>(
            $"""
            select t.location_id, min(t.shard)
            {Waiting} and t.due_at <= @now
            group by t.location_id
            order by min(t.due_at)
            limit @Limit
            """,
            new
            {
                shards,
                now,
                Limit,
            }
        );
        var (pending, next) = await connection.QuerySingleAsync<(long, long?)>(
            $"select count(*), min(case when t.due_at > @now then t.due_at end) {Waiting}",
            new { shards, now }
        );
        return new DueLocations(due.AsList(), next, pending);
    }
}
