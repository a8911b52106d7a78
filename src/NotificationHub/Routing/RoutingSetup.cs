using System.Diagnostics.Metrics;
using Dapper;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

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

internal sealed class RoutingMetrics(IMeterFactory meters)
{
    private readonly Histogram<double> delay = meters
        .CreateHubMeter()
        .CreateHistogram(
            "notificationhub.routing.delay",
            "s",
            "Time from a notification's receipt to the commit of its events.",
            tags: null,
            DelayBuckets.Advice
        );

    /// <summary>Records the delay of the page's notifications from index <paramref name="first"/> to <c>seq</c> <paramref name="upTo"/>.</summary>
    /// <returns>The number of these notifications.</returns>
    public int Routed(IReadOnlyList<NotificationEntry> page, int first, long upTo, TimeProvider time)
    {
        var now = time.GetStoredUtcNow();
        var next = first;
        while (next < page.Count && page[next].Seq <= upTo)
        {
            delay.Record(DelayBuckets.Seconds(page[next].ReceivedAt, now));
            next++;
        }

        return next - first;
    }
}
