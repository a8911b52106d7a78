using Dapper;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

internal static class RoutingSetup
{
    public static void AddRouting(this HubBuilder hub)
    {
        hub.Services.AddSingleton(new NotificationRouter(NotificationRoutes.All));
        hub.Services.AddSingleton<Reroute>();
        hub.Services.AddSingleton<RoutingMetrics>();
        hub.Services.AddSingleton<RoutingPass>();
        hub.Services.AddWorker<RoutingWorker>();
        hub.Services.AddSingleton<IStageStatus, RoutingStatus>();
    }
}

internal sealed class RoutingStatus : IStageStatus
{
    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        var (position, lastProgressAt) = await LogCursor.ReadAsync(query.Connection, RoutingPass.Name);
        var oldest = await query.Connection.QueryFirstOrDefaultAsync<DateTimeOffset?>(
            $"select received_at from notification_log where seq > @position order by seq {query.Connection.Limit("1")}",
            new { position = position ?? 0 }
        );
        // Counting the rows would read their bodies. The log has few gaps after the cursor.
        var last = oldest is null
            ? 0
            : await query.Connection.ExecuteScalarAsync<long>("select max(seq) from notification_log");
        return
        [
            new StageStatus(RoutingPass.Name)
            {
                Cursor = position,
                LastProgressAt = lastProgressAt,
                Backlog = oldest is null ? 0 : last - (position ?? 0),
                OldestPendingAt = oldest,
            },
        ];
    }
}
