using System.Data.Common;
using Dapper;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.Health;

/// <summary>The stages that read from Apple. They follow no log: rows are due, fail, and are tried again.</summary>
internal static class ReadingStages
{
    /// <summary>Beyond it the exact number says nothing more.</summary>
    private const int MaxCounted = 100_000;

    // What Apple refuses for good was told of and is tried hourly: it keeps nothing else waiting. While Apple answers nobody, the
    // location is paused, and everything of it waits.
    private static string Targets(DbConnection connection) =>
        $"""
            select coalesce(sum(counts), 0) Behind, min(case when counts = 1 then oldest end) Oldest,
                coalesce(sum(failing), 0) Failing, max(last_error) Fault
            from
            (
                select t.last_error, case when t.attempts > 0 then 1 else 0 end failing,
                    case when t.attempts > 0 then t.first_requested_at else t.due_at end oldest,
                    case when t.attempts < @givenUp or l.paused_until > @recently then 1 else 0 end counts
                from
                (
                    select location_id, due_at, attempts, first_requested_at, last_error
                    from refetch_target
                    where {connection.IsPending("refetch_target")}
                    order by location_id
                    {connection.Limit("@MaxCounted")}
                ) t
                join location l on l.location_id = t.location_id
                where {LocationStates.Callable} and (t.due_at <= @now or t.attempts > 0)
            ) waiting
            """;

    private const string FullSyncRows = $"""
        select coalesce(sum(waiting), 0) Behind, min(case when waiting = 1 then oldest end) Oldest,
            coalesce(sum(failing), 0) Failing, max(fault) Fault,
            coalesce(sum(pages), 0) Pages, coalesce(sum(restarts), 0) Restarts, max(finished_at) FinishedAt
        from
        (
            select s.pages, s.restarts, s.finished_at,
                case
                    when s.last_error is null and s.due_at <= @now and l.paused_until > @recently then @paused
                    else s.last_error
                end fault,
                case when s.last_error is not null then 1 else 0 end failing,
                case
                    when s.due_at <= @now then 1
                    when s.last_error is not null and (s.attempts < @givenUp or l.paused_until > @recently) then 1
                    else 0
                end waiting,
                case
                    when s.last_error is not null and s.start_number is not null
                    then coalesce(s.started_at, s.due_at)
                    else s.due_at
                end oldest
            from full_sync s
            join location l on l.location_id = s.location_id
            where {LocationStates.Callable}
        ) full_syncs
        """;

    /// <summary>What keeps a full sync waiting that did not fail itself.</summary>
    private const string Paused = "Apple is let alone for now: other calls for the location failed";

    /// <param name="givenUp">The attempts after which a read is told to have failed.</param>
    /// <param name="standstillAfter">What waits less long is no reason to look when something was last read.</param>
    public static async Task<StageReading> ReadTargetsAsync(
        DbConnection connection,
        int givenUp,
        DateTimeOffset now,
        TimeSpan standstillAfter
    )
    {
        var row = await connection.QuerySingleAsync<(long Behind, long? Oldest, long Failing, string? Fault)>(
            Targets(connection),
            new
            {
                givenUp,
                MaxCounted,
                now = now.ToUnixTimeMilliseconds(),
                recently = (now - standstillAfter).ToUnixTimeMilliseconds(),
            }
        );
        var reading = new StageReading(StageNames.Refetch)
        {
            Behind = row.Behind,
            OldestAt = StageReading.TimeOf(row.Oldest),
            Failing = row.Failing,
            Fault = row.Fault,
        };
        // It reads the whole table.
        return reading.OldestAge(now) < standstillAfter
            ? reading
            : reading with
            {
                MovedAt = StageReading.TimeOf(
                    await connection.ExecuteScalarAsync<long?>("select max(read_at) from refetch_target")
                ),
            };
    }

    /// <param name="givenUp">As for the targets.</param>
    /// <param name="standstillAfter">How long ago a location may have been paused for its full syncs to wait for Apple.</param>
    public static async Task<StageReading> ReadFullSyncsAsync(
        DbConnection connection,
        int givenUp,
        DateTimeOffset now,
        TimeSpan standstillAfter
    )
    {
        var row = await connection.QuerySingleAsync<FullSyncSums>(
            FullSyncRows,
            new
            {
                givenUp,
                paused = Paused,
                now = now.ToUnixTimeMilliseconds(),
                recently = (now - standstillAfter).ToUnixTimeMilliseconds(),
            }
        );
        return new StageReading(StageNames.FullSyncs)
        {
            Progress = $"{row.Pages} {row.Restarts} {row.FinishedAt}",
            Behind = row.Behind,
            OldestAt = StageReading.TimeOf(row.Oldest),
            Failing = row.Failing,
            Fault = row.Fault,
        };
    }

    public static async Task<StageReading> ReadOperationsAsync(DbConnection connection, DateTimeOffset now)
    {
        var row = await connection.QuerySingleAsync<(long Due, long? Oldest, long Failing, string? Fault)>(
            $"""
            select coalesce(sum(case when o.due_at <= @now then 1 else 0 end), 0),
                min(case when o.due_at <= @now then o.due_at end),
                coalesce(sum(case when o.last_error is not null then 1 else 0 end), 0), max(o.last_error)
            from (select location_id, due_at, last_error from operation where closed_at is null order by location_id {connection.Limit(
                "@MaxCounted"
            )}) o
            join location l on l.location_id = o.location_id
            where {LocationStates.Callable} and (l.paused_until is null or l.paused_until <= @now)
            """,
            new { now = now.ToUnixTimeMilliseconds(), MaxCounted }
        );
        var counted = await connection.ExecuteScalarAsync<long>(
            $"select count(*) from (select event_id from operation where counted <> 0 order by counted {connection.Limit("@MaxCounted")}) counted",
            new { MaxCounted }
        );
        return new StageReading(StageNames.Operations)
        {
            Progress = $"{row.Oldest} {row.Due} {counted}",
            Behind = row.Due + counted,
            OldestAt = StageReading.TimeOf(row.Oldest),
            Failing = row.Failing,
            Fault = row.Fault,
        };
    }

    public static async Task<StageReading> ReadWatchAsync(DbConnection connection, DateTimeOffset now)
    {
        var row = await connection.QuerySingleAsync<(long Due, long? Oldest, long Failing, string? Fault)>(
            $"""
            select coalesce(sum(due), 0), min(case when due = 1 then due_at end), coalesce(sum(failing), 0), max(error)
            from
            (
                select w.error, coalesce(w.due_at, l.created_at) due_at,
                    case when w.due_at is null or w.due_at <= @now then 1 else 0 end due,
                    case when w.error is not null then 1 else 0 end failing
                from location l
                left join location_check w on w.location_id = l.location_id
                where {LocationStates.Callable} and (l.paused_until is null or l.paused_until <= @now)
            ) watched
            """,
            new { now = now.ToUnixTimeMilliseconds() }
        );
        return new StageReading(StageNames.Locations)
        {
            Progress = $"{row.Oldest} {row.Due}",
            Behind = row.Due,
            OldestAt = StageReading.TimeOf(row.Oldest),
            Failing = row.Failing,
            Fault = row.Fault,
        };
    }

    private sealed record FullSyncSums
    {
        public long Behind { get; init; }

        public long? Oldest { get; init; }

        public long Failing { get; init; }

        public string? Fault { get; init; }

        public long Pages { get; init; }

        public long Restarts { get; init; }

        public long? FinishedAt { get; init; }
    }
}
