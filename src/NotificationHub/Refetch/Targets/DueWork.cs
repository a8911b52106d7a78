using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>
/// Looks for what is due. It begins with what is due, not with the locations: ten thousand idle ones cost a few seeks. Only where so much
/// is due at once that it would not fit, each location is looked at, however much waits there.
/// </summary>
internal sealed class DueWork(Database database)
{
    /// <summary>Due targets, and due surveys, up to which they are read themselves.</summary>
    public const int Most = 1000;

    /// <summary>Whatever may have made a location ready to be imported, it is found so soon.</summary>
    private const long NewcomersEvery = 2_000;

    private const string Callable =
        "l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null";

    // Only where Apple may be called: what waits for a content token stays waiting. A few seeks for each location, however
    // much waits there. A location without a survey has not begun to be imported.
    public static string EveryLocation(DbConnection connection) =>
        $"""
            select l.location_id, l.paused_until,
                (select min(t.due_at) from refetch_target t where t.location_id = l.location_id and {connection.IsWaiting(
                "t"
            )}),
                case
                    when exists (select 1 from survey s where s.location_id = l.location_id)
                    then (select min(s.due_at) from survey s where s.location_id = l.location_id)
                    else 0
                end
            from location l
            where {Callable}
            """;

    public static string DueTargets(DbConnection connection) =>
        $"""
            select due.location_id, l.paused_until, due.due_at, case when {Callable} then 1 else 0 end
            from
            (
                select t.location_id, t.due_at
                from refetch_target t
                where {connection.IsWaiting("t")} and t.due_at <= @now
                order by t.due_at
                {connection.Limit("@Most")}
            ) due
            join location l on l.location_id = due.location_id
            """;

    public static string DueSurveys(DbConnection connection) =>
        $"""
            select due.location_id, l.paused_until, due.due_at, case when {Callable} then 1 else 0 end
            from
            (
                select s.location_id, s.due_at
                from survey s
                where s.due_at <= @now
                order by s.due_at
                {connection.Limit("@Most")}
            ) due
            join location l on l.location_id = due.location_id
            """;

    public static string NextTarget(DbConnection connection) =>
        $"select min(t.due_at) from refetch_target t where {connection.IsWaiting("t")} and t.due_at > @now";

    public const string NextSurvey = "select min(s.due_at) from survey s where s.due_at > @now";

    private const string NewLocations = $"""
        select l.location_id, l.paused_until
        from location l
        where {Callable} and not exists (select 1 from survey s where s.location_id = l.location_id)
        """;

    private (long Version, long At, IReadOnlyList<WaitingLocation> Found) newcomers = (-1, 0, []);

    /// <param name="surveys">Whether locations are surveyed at all.</param>
    public async Task<DueLocations> ReadAsync(
        IReadOnlyCollection<int> shards,
        bool surveys,
        long now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var next = await connection.ExecuteScalarAsync<long?>(NextTarget(connection), new { now });
        if (surveys && await connection.ExecuteScalarAsync<long?>(NextSurvey, new { now }) is { } survey)
        {
            next = next < survey ? next : survey;
        }

        var waiting = await ReadDueAsync(connection, surveys, now) ?? await ReadEveryLocationAsync(connection);
        List<WaitingLocation> ours =
        [
            .. waiting.Where(location => shards.Contains(RefetchTargets.ShardOf(location.LocationId))),
        ];
        return DueLocations.Of(ours, surveys, now).NextAt(next);
    }

    private static async Task<IEnumerable<WaitingLocation>> ReadEveryLocationAsync(DbConnection connection) =>
        (
            await connection.QueryAsync<(string LocationId, long? PausedUntil, long? DueAt, long? SurveyAt)>(
                EveryLocation(connection)
            )
        ).Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, row.SurveyAt));

    /// <returns>Null where there is too much of it.</returns>
    private async Task<IEnumerable<WaitingLocation>?> ReadDueAsync(DbConnection connection, bool surveys, long now)
    {
        var targets = await ReadRowsAsync(connection, DueTargets(connection), now);
        var walks = surveys ? await ReadRowsAsync(connection, DueSurveys(connection), now) : [];
        if (targets.Count == Most || walks.Count == Most)
        {
            return null;
        }

        return targets
            .Where(row => row.IsCallable)
            .Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, SurveyAt: null))
            .Concat(
                walks
                    .Where(row => row.IsCallable)
                    .Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, DueAt: null, row.DueAt))
            )
            .Concat(surveys ? await ReadNewcomersAsync(connection, now) : [])
            .GroupBy(row => row.LocationId, StringComparer.Ordinal)
            .Select(rows => new WaitingLocation(
                rows.Key,
                rows.First().PausedUntil,
                rows.Min(row => row.DueAt),
                rows.Min(row => row.SurveyAt)
            ));
    }

    private static async Task<List<DueRow>> ReadRowsAsync(DbConnection connection, string sql, long now) =>
        [
            .. (
                await connection.QueryAsync<(string LocationId, long? PausedUntil, long DueAt, long IsCallable)>(
                    sql,
                    new { now, Most }
                )
            ).Select(row => new DueRow(row.LocationId, row.PausedUntil, row.DueAt, row.IsCallable == 1)),
        ];

    /// <summary>To find what is not there is to look at all that is: only when locations have changed, and now and then.</summary>
    private async Task<IReadOnlyList<WaitingLocation>> ReadNewcomersAsync(DbConnection connection, long now)
    {
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (newcomers.Version != version || newcomers.Found.Count > 0 || now - newcomers.At >= NewcomersEvery)
        {
            var found = await connection.QueryAsync<(string LocationId, long? PausedUntil)>(NewLocations);
            newcomers = (
                version,
                now,
                [.. found.Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, DueAt: null, SurveyAt: 0))]
            );
        }

        return newcomers.Found;
    }

    private readonly record struct DueRow(string LocationId, long? PausedUntil, long DueAt, bool IsCallable);
}
