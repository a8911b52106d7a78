using System.Data.Common;
using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>
/// Finds due work. It starts with the due rows, not with the locations, so ten thousand idle locations cost only a few seeks. Only if too
/// many targets are due at once, it goes through the locations with waiting targets, however many targets wait in each.
/// </summary>
internal sealed class DueLocationsQuery(Database database)
{
    /// <summary>The maximum number of due targets that are read one by one.</summary>
    public const int Most = 1000;

    /// <summary>Whatever may have made a location ready to be imported, it is found so soon.</summary>
    private const long NewcomersEvery = 2_000;

    private const string Callable =
        "l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null";

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

    /// <summary>Skips locations that Apple may not be called for; a location has at most five full syncs.</summary>
    public const string DueFullSyncs = $"""
        select s.location_id, l.paused_until, s.due_at
        from full_sync s
        cross join location l
        where s.due_at <= @now and l.location_id = s.location_id and {Callable}
        """;

    public static string NextTarget(DbConnection connection) =>
        $"select min(t.due_at) from refetch_target t where {connection.IsWaiting("t")} and t.due_at > @now";

    public const string NextFullSync = "select min(s.due_at) from full_sync s where s.due_at > @now";

    private const string NewLocations = $"""
        select l.location_id, l.paused_until
        from location l
        where {Callable} and not exists (select 1 from full_sync s where s.location_id = l.location_id)
        """;

    private (long Version, long At, IReadOnlyList<WaitingLocation> Found) newcomers = (-1, 0, []);

    /// <param name="fullSyncs">Whether full syncs are enabled.</param>
    public async Task<DueLocations> ReadAsync(
        IReadOnlyCollection<int> shards,
        bool fullSyncs,
        long now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var next = await connection.ExecuteScalarAsync<long?>(NextTarget(connection), new { now });
        if (fullSyncs && await connection.ExecuteScalarAsync<long?>(NextFullSync, new { now }) is { } fullSync)
        {
            next = next < fullSync ? next : fullSync;
        }

        var waiting = await ReadTargetsAsync(connection, now);
        if (fullSyncs)
        {
            waiting = waiting
                .Concat(await ReadFullSyncsAsync(connection, now))
                .Concat(await ReadNewcomersAsync(connection, now));
        }

        List<WaitingLocation> ours =
        [
            .. waiting
                .Where(row => shards.Contains(RefetchTargets.ShardOf(row.LocationId)))
                .GroupBy(row => row.LocationId, StringComparer.Ordinal)
                .Select(rows => new WaitingLocation(
                    rows.Key,
                    rows.First().PausedUntil,
                    rows.Min(row => row.DueAt),
                    rows.Min(row => row.FullSyncAt)
                )),
        ];
        return DueLocations.Of(ours, fullSyncs, now).NextAt(next);
    }

    private async Task<IEnumerable<WaitingLocation>> ReadTargetsAsync(DbConnection connection, long now)
    {
        var due = (
            await connection.QueryAsync<(string LocationId, long? PausedUntil, long DueAt, long IsCallable)>(
                DueTargets(connection),
                new { now, Most }
            )
        ).AsList();
        return due.Count < Most
            ? due.Where(row => row.IsCallable == 1)
                .Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, FullSyncAt: null))
            : (
                await connection.QueryAsync<(string LocationId, long? PausedUntil, long? DueAt)>(
                    database.Sql("WaitingLocations")
                )
            ).Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, FullSyncAt: null));
    }

    private static async Task<IEnumerable<WaitingLocation>> ReadFullSyncsAsync(DbConnection connection, long now) =>
        (
            await connection.QueryAsync<(string LocationId, long? PausedUntil, long DueAt)>(DueFullSyncs, new { now })
        ).Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, DueAt: null, row.DueAt));

    /// <summary>To find what is not there is to look at all that is: only when locations have changed, and now and then.</summary>
    private async Task<IReadOnlyList<WaitingLocation>> ReadNewcomersAsync(DbConnection connection, long now)
    {
        var version = await connection.ExecuteScalarAsync<long>(
            "select value from change_counter where name = 'locations'"
        );
        if (newcomers.Version != version || newcomers.Found.Count > 0 || Math.Abs(now - newcomers.At) >= NewcomersEvery)
        {
            var found = await connection.QueryAsync<(string LocationId, long? PausedUntil)>(NewLocations);
            newcomers = (
                version,
                now,
                [
                    .. found.Select(row => new WaitingLocation(
                        row.LocationId,
                        row.PausedUntil,
                        DueAt: null,
                        FullSyncAt: 0
                    )),
                ]
            );
        }

        return newcomers.Found;
    }
}
