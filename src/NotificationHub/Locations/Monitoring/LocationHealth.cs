using System.Data.Common;
using Dapper;
using NotificationHub.Health;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

internal sealed class LocationHealth(HubKeyRing keys) : ILocationHealth, IStageStatus
{
    public const string StageName = "locations";

    public static readonly DatabaseGaugeDefinition Gauge = new(
        "notificationhub.locations",
        "{location}",
        "Locations, by state.",
        "state",
        [.. Enum.GetValues<LocationState>().Select(state => state.ToWireName())],
        "select state, count(*) from location group by state order by state"
    );

    private const int MaxListed = 100;

    public string? KeyRingProblem => keys.Problem;

    public IReadOnlyList<string> ClosedStates { get; } =
    [.. Enum.GetValues<LocationState>().Where(LocationStates.IsClosed).Select(state => state.ToWireName())];

    public async Task<IReadOnlyDictionary<string, long>> CountAsync(DbConnection connection) =>
        (await connection.QueryAsync<(string State, long Locations)>(Gauge.Sql)).ToDictionary(
            row => row.State,
            row => row.Locations,
            StringComparer.Ordinal
        );

    public async Task<IReadOnlyList<UnhealthyLocation>> ListAsync(DbConnection connection)
    {
        var rows = await connection.QueryAsync<(
            string Id,
            string State,
            string? Reason,
            DateTimeOffset Since,
            DateTimeOffset? SilentSince
        )>(
            $"""
            select l.location_id, l.state, l.state_reason, l.state_since, w.silent_since
            from location l
            left join location_check w on w.location_id = l.location_id
            where l.state <> 'removed' and (l.state <> 'valid' or w.silent_since is not null or w.differences is not null)
            order by l.state_since, l.location_id
            {connection.Limit("@MaxListed")}
            """,
            new { MaxListed }
        );
        return
        [
            .. rows.Select(row =>
                row.State != "valid" ? new UnhealthyLocation(row.Id, row.State, row.Reason, row.Since)
                : row.SilentSince is not null
                    ? new UnhealthyLocation(
                        row.Id,
                        row.State,
                        "Apple has stopped sending notifications",
                        row.SilentSince
                    )
                : new UnhealthyLocation(
                    row.Id,
                    row.State,
                    "Client Config at Apple differs from the stored settings: see `locations verify`",
                    null
                )
            ),
        ];
    }

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        var row = await query.Connection.QuerySingleAsync<(
            long Due,
            DateTimeOffset? Oldest,
            long Failed,
            string? Error
        )>(
            $"""
            select coalesce(sum(due), 0), min(case when due = 1 then due_at end), coalesce(sum(failed), 0), max(error)
            from
            (
                select w.error, coalesce(w.due_at, l.created_at) due_at,
                    case when w.due_at is null or w.due_at <= @now then 1 else 0 end due,
                    case when w.error is not null then 1 else 0 end failed
                from location l
                left join location_check w on w.location_id = l.location_id
                where {LocationStates.Callable} and (l.paused_until is null or l.paused_until <= @now)
            ) checks
            """,
            new { now = query.Now }
        );
        return
        [
            new StageStatus(StageName)
            {
                ProgressMarker = $"{row.Oldest} {row.Due}",
                Backlog = row.Due,
                OldestPendingAt = row.Oldest,
                Retrying = row.Failed,
                Error = row.Error,
            },
        ];
    }
}
