using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.FullSync;

internal sealed class FullSyncStatus(IOptions<FullSyncOptions> options, IOptions<RefetchOptions> refetch) : IStageStatus
{
    private const string Rows = $"""
        select coalesce(sum(pending), 0), min(case when pending = 1 then oldest end), coalesce(sum(failed), 0), max(error),
            coalesce(sum(pages), 0), coalesce(sum(restarts), 0), max(finished_at)
        from
        (
            select s.pages, s.restarts, s.finished_at,
                case
                    when s.last_error is null and s.due_at <= @now and l.paused_until > @StalledBefore then @Paused
                    else s.last_error
                end error,
                case when s.last_error is not null then 1 else 0 end failed,
                case
                    when s.due_at <= @now then 1
                    when s.last_error is not null and (s.attempts < @MaxAttempts or l.paused_until > @StalledBefore) then 1
                    else 0
                end pending,
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

    private const string Paused = "Calls to Apple are paused for this location after earlier failures";

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            return [];
        }

        var row = await query.Connection.QuerySingleAsync<(
            long Backlog,
            DateTimeOffset? Oldest,
            long Failed,
            string? Error,
            long Pages,
            long Restarts,
            DateTimeOffset? FinishedAt
        )>(
            Rows,
            new
            {
                refetch.Value.MaxAttempts,
                query.StalledBefore,
                Paused,
                now = query.Now,
            }
        );
        return
        [
            new StageStatus("full-sync")
            {
                ProgressMarker = $"{row.Pages} {row.Restarts} {row.FinishedAt}",
                Backlog = row.Backlog,
                OldestPendingAt = row.Oldest,
                Retrying = row.Failed,
                Error = row.Error,
                Leases = RefetchShards.LeaseNames,
            },
        ];
    }
}
