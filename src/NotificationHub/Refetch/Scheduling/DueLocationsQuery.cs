using System.Data.Common;
using Dapper;
using NotificationHub.Locations;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch.Scheduling;

// The query starts with the due rows, so that ten thousand idle locations cost only a few seeks. Only if too many targets
// are due at once, it goes through the locations with pending targets.
internal sealed class DueLocationsQuery(Database database, ILocationWork fullSyncWork)
{
    /// <summary>The maximum number of due targets that are read one by one.</summary>
    public const int MaxTargets = 1000;

    public static string DueTargets(DbConnection connection) =>
        $"""
            select due.location_id, l.paused_until, due.due_at, case when {LocationStates.Callable} then 1 else 0 end
            from
            (
                select t.location_id, t.due_at
                from refetch_target t
                where {connection.IsPending("t")} and t.due_at <= @now
                order by t.due_at
                {connection.Limit(MaxTargets)}
            ) due
            join location l on l.location_id = due.location_id
            """;

    public static string NextTarget(DbConnection connection) =>
        $"select min(t.due_at) from refetch_target t where {connection.IsPending("t")} and t.due_at > @now";

    public async Task<DueLocations> ReadAsync(
        IReadOnlyCollection<int> shards,
        bool fullSyncs,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var next = await connection.ExecuteScalarAsync<DateTimeOffset?>(NextTarget(connection), new { now });
        var waiting = await ReadTargetsAsync(connection, now);
        DateTimeOffset? nextFullSync = null;
        if (fullSyncs)
        {
            (var due, nextFullSync) = await fullSyncWork.FindDueAsync(connection, now);
            waiting = waiting.Concat(due);
        }

        List<WaitingLocation> ours =
        [
            .. waiting
                .Where(row => shards.Contains(RefetchTargets.GetShard(row.LocationId)))
                .GroupBy(row => row.LocationId, StringComparer.Ordinal)
                .Select(rows => new WaitingLocation(
                    rows.Key,
                    rows.First().PausedUntil,
                    rows.Min(row => row.DueAt),
                    rows.Min(row => row.FullSyncAt)
                )),
        ];
        return DueLocations.Create(ours, fullSyncs, now).NextAt(next).NextAt(nextFullSync);
    }

    private async Task<IEnumerable<WaitingLocation>> ReadTargetsAsync(DbConnection connection, DateTimeOffset now)
    {
        var due = await connection.ListAsync<(
            string LocationId,
            DateTimeOffset? PausedUntil,
            DateTimeOffset DueAt,
            long IsCallable
        )>(DueTargets(connection), new { now });
        return due.Count < MaxTargets
            ? due.Where(row => row.IsCallable == 1)
                .Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, FullSyncAt: null))
            : (
                await connection.QueryAsync<(string LocationId, DateTimeOffset? PausedUntil, DateTimeOffset? DueAt)>(
                    database.Sql("PendingLocations")
                )
            ).Select(row => new WaitingLocation(row.LocationId, row.PausedUntil, row.DueAt, FullSyncAt: null));
    }
}

/// <param name="Due">The locations with due targets, the longest waiting first.</param>
/// <param name="FullSyncs">The locations with a due full sync and no due target, the longest waiting first.</param>
internal sealed record DueLocations(
    IReadOnlyList<string> Due,
    IReadOnlyList<string> FullSyncs,
    DateTimeOffset? NextDueAt
)
{
    public static DueLocations Create(IReadOnlyCollection<WaitingLocation> waiting, bool fullSyncs, DateTimeOffset now)
    {
        var targets = new Queue(now, waiting.Select(row => (row.LocationId, row.DueAt, row.PausedUntil)));
        var busy = targets.Due.ToHashSet(StringComparer.Ordinal);
        var others = fullSyncs ? waiting.Where(row => !busy.Contains(row.LocationId)) : [];
        var syncs = new Queue(now, others.Select(row => (row.LocationId, row.FullSyncAt, row.PausedUntil)));
        return new DueLocations(targets.Due, syncs.Due, Earlier(targets.NextDueAt, syncs.NextDueAt));
    }

    public DueLocations NextAt(DateTimeOffset? nextDueAt) => this with { NextDueAt = Earlier(NextDueAt, nextDueAt) };

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one < other || other is null ? one : other;

    private sealed class Queue
    {
        public Queue(
            DateTimeOffset now,
            IEnumerable<(string LocationId, DateTimeOffset? DueAt, DateTimeOffset? PausedUntil)> locations
        )
        {
            var waiting = locations
                .Where(location => location.DueAt is not null)
                .Select(location =>
                    (
                        location.LocationId,
                        DueAt: StoredTime.Later(location.DueAt!.Value, location.PausedUntil ?? default)
                    )
                )
                .OrderBy(location => location.DueAt)
                .ToList();
            Due = [.. waiting.TakeWhile(location => location.DueAt <= now).Select(location => location.LocationId)];
            NextDueAt = Due.Count < waiting.Count ? waiting[Due.Count].DueAt : null;
        }

        public IReadOnlyList<string> Due { get; }

        public DateTimeOffset? NextDueAt { get; }
    }
}

/// <param name="DueAt">When the first target is due; null if none is pending.</param>
/// <param name="FullSyncAt">When the first full sync is due; in the past before the import, null if none is scheduled.</param>
internal sealed record WaitingLocation(
    string LocationId,
    DateTimeOffset? PausedUntil,
    DateTimeOffset? DueAt,
    DateTimeOffset? FullSyncAt
);

/// <summary>Work on whole locations, in slots of its own, while no target of the location is due.</summary>
internal interface ILocationWork
{
    bool IsEnabled { get; }

    Task<(IReadOnlyList<WaitingLocation> Due, DateTimeOffset? NextDueAt)> FindDueAsync(
        DbConnection connection,
        DateTimeOffset now
    );

    Task RunAsync(string locationId, Lease lease, CancellationToken cancellationToken);
}

// Counting reads all pending targets, so it is limited in frequency and number.
internal sealed class PendingTargetCount(Database database, TimeProvider time)
{
    public const int MaxCount = 100_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long? measuredAt;

    /// <returns>Null if the last count is too recent.</returns>
    public async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        if (measuredAt is { } last && time.GetElapsedTime(last) < Interval)
        {
            return null;
        }

        measuredAt = time.GetTimestamp();
        return await database.ReadAsync(
            connection =>
                connection.ExecuteScalarAsync<long>(
                    $"""
                    select count(*)
                    from
                    (
                        select location_id
                        from refetch_target
                        where {connection.IsPending("refetch_target")}
                        order by location_id
                        {connection.Limit(MaxCount)}
                    ) waiting
                    """
                ),
            cancellationToken
        );
    }
}
