using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>
/// Finds what of the event log is still needed: what a topic has not sent, the event of a dead letter that is not settled, and what any other
/// cursor has not come to.
/// </summary>
internal sealed class EventRetentionLimit(IOptions<ServiceBusOptions> bus)
{
    // A topic's cursor stands at the last event that it has sent: a quiet topic must not hold up the others' events.
    private static readonly string Cursors = $"""
        select c.name, c.position + 1
        from log_cursor c
        where c.name <> 'routing' and c.name not like '{TopicLog.NameOf("%")}'
        union all
        select 'a dead letter that is not settled', min(d.event_seq)
        from dead_letter d
        where d.state in ('{DeadLetterState.Open}', '{DeadLetterState.Resend}')
        """;

    // One that has sent nothing yet has no cursor; where there is no bus, only one that was once there has.
    private readonly string sql = string.Join(
        "\nunion all\n",
        [Cursors, .. TopicMap.Topics.Select(topic => Unsent(topic, bus.Value.IsConfigured))]
    );

    public async Task<LogBound> ReadAsync(DbConnection connection) =>
        Judge(await connection.QueryAsync<(string, long?)>(sql));

    public async Task<LogBound> ReadAsync(WriteTransaction transaction) =>
        Judge(await transaction.QueryAsync<(string, long?)>(sql));

    private static string Unsent(string topic, bool even)
    {
        var name = TopicLog.NameOf(topic);
        var beginning = even ? 0 : long.MaxValue;
        return $"""
            select '{name}', min(e.seq)
            from event_log e
            where e.topic = '{topic}'
                and e.seq > coalesce((select position from log_cursor where name = '{name}'), {beginning})
            """;
    }

    private static LogBound Judge(IEnumerable<(string Name, long? Needed)> rows) =>
        rows.Aggregate(LogBound.None, (bound, row) => bound.OrBefore(row.Needed, row.Name));
}
