using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Relay;
using NotificationHub.Replays;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>Finds the oldest event that is needed by a topic that has not sent it, an open dead letter, an unfinished replay, or another cursor.</summary>
internal sealed class EventRetentionLimit(IOptions<ServiceBusOptions> bus)
{
    // Cursors of topics are not used here: the cursor of a topic without new events would keep the events of the others.
    private static readonly string Cursors = $"""
        select c.name, c.position + 1
        from log_cursor c
        where c.name not in ('routing', 'relay') and c.name not like '{TopicLog.GetName("%")}'
        union all
        select 'an open dead letter', min(d.event_seq)
        from dead_letter d
        where d.state in ('{DeadLetterState.Open}', '{DeadLetterState.Resend}')
        union all
        select 'an unfinished replay', min(p.position) + 1
        from replay p
        where p.finished_at is null and p.requested_at > @heldSince
        """;

    // A topic that has sent nothing has no cursor. Without Service Bus, a topic has a cursor only if Service Bus was configured before.
    private readonly string sql = string.Join(
        "\nunion all\n",
        [Cursors, .. TopicMap.Topics.Select(topic => Unsent(topic, bus.Value.IsConfigured))]
    );

    public async Task<LogBound> ReadAsync(DbConnection connection, DateTimeOffset now) =>
        (
            await connection.QueryAsync<(string Name, long? Needed)>(
                sql,
                new { heldSince = now - ReplayStore.LongestHold }
            )
        ).Aggregate(LogBound.None, (bound, row) => bound.OrBefore(row.Needed, row.Name));

    private static string Unsent(string topic, bool isConfigured)
    {
        var name = TopicLog.GetName(topic);
        var beginning = isConfigured ? 0 : long.MaxValue;
        return $"""
            select '{name}', min(e.seq)
            from event_log e
            where e.topic = '{topic}'
                and e.seq > coalesce((select position from log_cursor where name = '{name}'), {beginning})
            """;
    }
}

/// <param name="HeldBy">What needs the next row; null if nothing does.</param>
internal readonly record struct LogBound(long Last, string? HeldBy)
{
    public static readonly LogBound None = new(long.MaxValue, null);

    public LogBound OrBefore(long? needed, string by) =>
        needed is { } seq && seq <= Last ? new LogBound(seq - 1, by) : this;
}

// Events refer to notifications in order, except to rerouted ones, which ExpiredRowQuery handles.
/// <summary>Finds the oldest notification that an event refers to, or that is not routed or not relayed yet.</summary>
internal sealed class OldestReferencedNotification
{
    private const int Window = 20_000;

    /// <summary>No earlier event refers to a notification, so the log is scanned only once.</summary>
    private long from;

    public async Task<LogBound> ReadAsync(DbConnection connection)
    {
        // Read first: notifications that are routed later come after it.
        var routed = await new LogCursor(RoutingPass.Name).ReadAsync(connection);
        var bound = LogBound
            .None.OrBefore(routed + 1, RoutingPass.Name)
            .OrBefore(await connection.ExecuteScalarAsync<long?>(RelayDeliveries.OldestNeeded), RelayFanOut.Name);
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
