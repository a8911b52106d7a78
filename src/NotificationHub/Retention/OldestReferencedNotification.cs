using System.Data.Common;
using Dapper;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>
/// Finds the oldest notification that an event still points at, or that is not routed yet. Routing is in order, so that none before it is needed; those
/// that were rerouted are out of order and are looked after by themselves.
/// </summary>
internal sealed class OldestReferencedNotification
{
    private const int Window = 20_000;

    /// <summary>No event before it points at a notification: the log is looked through once.</summary>
    private long from;

    public async Task<LogBound> ReadAsync(DbConnection connection)
    {
        // First: what is routed meanwhile lies behind it.
        var routed = await new LogCursor(RoutingPass.Name).ReadAsync(connection);
        var bound = LogBound.None.OrBefore(routed + 1, RoutingPass.Name);
        var first = await EventLog.ReadStartAsync(connection);
        from = from > first ? from : first;
        var last = await EventLog.ReadLastAsync(connection);
        while (from <= last)
        {
            if (await FindAsync(connection) is var (seq, notificationSeq))
            {
                from = seq;
                return bound.OrBefore(notificationSeq, "an event that is kept");
            }

            // Behind a restore there is a gap that no window comes to the end of.
            from = Math.Min(
                Math.Max(from + Window, await EventLog.ReadNextAsync(connection, from + Window - 1)),
                last + 1
            );
        }

        return bound;
    }

    private async Task<(long Seq, long NotificationSeq)?> FindAsync(DbConnection connection) =>
        await connection.QueryFirstOrDefaultAsync<(long, long)?>(
            $"""
            select e.seq, e.notification_seq
            from event_log e
            where e.seq >= @from and e.seq < @until and e.notification_seq is not null
                and not exists (select 1 from rerouted_notification r where r.notification_seq = e.notification_seq)
            order by e.seq
            {connection.Limit("1")}
            """,
            new { from, until = from + Window }
        );
}
