using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Locations;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

internal sealed class RefetchStatus(IOptions<RefetchOptions> options) : IStageStatus
{
    // A target that Apple keeps rejecting was reported and is retried hourly; it delays nothing else. While Apple responds to no call
    // of a location, the location is paused and all of its targets are pending.
    private static string Targets(DbConnection connection) =>
        $"""
            select coalesce(sum(counts), 0) Backlog, min(case when counts = 1 then oldest end) Oldest,
                coalesce(sum(failed), 0) Failed, max(last_error) Error
            from
            (
                select t.last_error, case when t.attempts > 0 then 1 else 0 end failed,
                    case when t.attempts > 0 then t.first_requested_at else t.due_at end oldest,
                    case when t.attempts < @MaxAttempts or l.paused_until > @StalledBefore then 1 else 0 end counts
                from
                (
                    select location_id, due_at, attempts, first_requested_at, last_error
                    from refetch_target
                    where {connection.IsPending("refetch_target")}
                    order by location_id
                    {connection.Limit(StageStatusQuery.MaxBacklog)}
                ) t
                join location l on l.location_id = t.location_id
                where {LocationStates.Callable} and (t.due_at <= @now or t.attempts > 0)
            ) pending
            """;

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        var row = await query.Connection.QuerySingleAsync<(
            long Backlog,
            DateTimeOffset? Oldest,
            long Failed,
            string? Error
        )>(
            Targets(query.Connection),
            new
            {
                options.Value.MaxAttempts,
                query.StalledBefore,
                now = query.Now,
            }
        );
        var status = new StageStatus("refetch")
        {
            Backlog = row.Backlog,
            OldestPendingAt = row.Oldest,
            Retrying = row.Failed,
            Error = row.Error,
            Leases = RefetchShards.LeaseNames,
        };
        // This query reads the whole table, so it runs only if the stage may be stalled.
        return status.OldestAge(query.Now) < query.StallThreshold
            ? [status]
            :
            [
                status with
                {
                    LastProgressAt = await query.Connection.ExecuteScalarAsync<DateTimeOffset?>(
                        "select max(read_at) from refetch_target"
                    ),
                },
            ];
    }
}
