using System.Data.Common;
using Dapper;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

// Events refer to notifications in order, except to rerouted ones, which ExpiredRowQuery handles.
/// <summary>Finds the oldest notification that an event refers to, or that is not routed yet.</summary>
internal sealed class OldestReferencedNotification
{
    private const int Window = 20_000;

    /// <summary>No earlier event refers to a notification, so the log is scanned only once.</summary>
    private long from;

    public async Task<LogBound> ReadAsync(DbConnection connection)
    {
        // Read first: notifications that are routed later come after it.
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
                return bound.OrBefore(notificationSeq, "a stored event");
            }

            // A restore leaves a gap in the numbers that is too large to scan.
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
