using Dapper;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

internal static class OperationTrackingSetup
{
    public static void AddOperationTracking(this HubBuilder hub)
    {
        hub.AddOptions(OperationTrackingOptions.Section, new OperationTrackingOptionsValidator());
        hub.Services.AddSingleton<Announcements>();
        hub.Services.AddSingleton<AppleWrites>();
        hub.Services.AddSingleton<WriteProgress>();
        hub.Services.AddSingleton<OperationMetrics>();
        hub.Services.AddSingleton<OperationEvents>();
        hub.Services.AddSingleton<PollFailurePolicy>();
        hub.Services.AddSingleton<EventStatusPoll>();
        hub.Services.AddSingleton<CompletionPass>();
        hub.Services.AddSingleton<EventStatusPoller>();
        hub.Services.AddSingleton<OperationPruning>();
        hub.Services.AddWorker<OperationWorker>();
        hub.Services.AddSingleton<IStageStatus, OperationTrackingStatus>();
    }
}

internal sealed class OperationTrackingStatus : IStageStatus
{
    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        var connection = query.Connection;
        var row = await connection.QuerySingleAsync<(long Due, DateTimeOffset? Oldest, long Failed, string? Error)>(
            $"""
            select coalesce(sum(case when o.due_at <= @now then 1 else 0 end), 0),
                min(case when o.due_at <= @now then o.due_at end),
                coalesce(sum(case when o.last_error is not null then 1 else 0 end), 0), max(o.last_error)
            from (select location_id, due_at, last_error from operation where closed_at is null order by location_id {connection.Limit(
                StageStatusQuery.MaxBacklog
            )}) o
            join location l on l.location_id = o.location_id
            where {LocationStates.Callable} and (l.paused_until is null or l.paused_until <= @now)
            """,
            new { now = query.Now }
        );
        var counted = await connection.ExecuteScalarAsync<long>(
            $"select count(*) from (select event_id from operation where counted <> 0 order by counted {connection.Limit(StageStatusQuery.MaxBacklog)}) counted"
        );
        return
        [
            new StageStatus(OperationWorker.LeaseName)
            {
                ProgressMarker = $"{row.Oldest} {row.Due} {counted}",
                Backlog = row.Due + counted,
                OldestPendingAt = row.Oldest,
                Retrying = row.Failed,
                Error = row.Error,
            },
        ];
    }
}
