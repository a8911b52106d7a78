using System.Data.Common;
using Dapper;
using NotificationHub.Locations;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Scheduling;

/// <summary>
/// Finds due work. It starts with the due rows, not with the locations, so ten thousand idle locations cost only a few seeks. Only if too
/// many targets are due at once, it goes through the locations with waiting targets, however many targets wait in each.
/// </summary>
internal sealed class DueLocationsQuery(Database database, ILocationWork fullSyncWork)
{
    /// <summary>The maximum number of due targets that are read one by one.</summary>
    public const int Most = 1000;

    public static string DueTargets(DbConnection connection) =>
        $"""
            select due.location_id, l.paused_until, due.due_at, case when {LocationStates.Callable} then 1 else 0 end
            from
            (
                select t.location_id, t.due_at
                from refetch_target t
                where {connection.IsPending("t")} and t.due_at <= @now
                order by t.due_at
                {connection.Limit("@Most")}
            ) due
            join location l on l.location_id = due.location_id
            """;

    public static string NextTarget(DbConnection connection) =>
        $"select min(t.due_at) from refetch_target t where {connection.IsPending("t")} and t.due_at > @now";

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
        var waiting = await ReadTargetsAsync(connection, now);
        if (fullSyncs)
        {
            var (due, nextDueAt) = await fullSyncWork.FindDueAsync(connection, now);
            waiting = waiting.Concat(due);
            next = next < nextDueAt || nextDueAt is null ? next : nextDueAt;
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
                    database.Sql("PendingLocations")
                )
            ).Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, FullSyncAt: null));
    }
}
