using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>Finds the oldest event that is needed by a topic that has not sent it, an open dead letter, or another cursor.</summary>
internal sealed class EventRetentionLimit(IOptions<ServiceBusOptions> bus)
{
    // Cursors of topics are not used here: the cursor of a topic without new events would keep the events of the others.
    private static readonly string Cursors = $"""
        select c.name, c.position + 1
        from log_cursor c
        where c.name <> 'routing' and c.name not like '{TopicLog.GetName("%")}'
        union all
        select 'an open dead letter', min(d.event_seq)
        from dead_letter d
        where d.state in ('{DeadLetterState.Open}', '{DeadLetterState.Resend}')
        """;

    // A topic that has sent nothing has no cursor. Without Service Bus, a topic has a cursor only if Service Bus was configured before.
    private readonly string sql = string.Join(
        "\nunion all\n",
        [Cursors, .. TopicMap.Topics.Select(topic => Unsent(topic, bus.Value.IsConfigured))]
    );

    public async Task<LogBound> ReadAsync(DbConnection connection) =>
        Combine(await connection.QueryAsync<(string, long?)>(sql));

    public async Task<LogBound> ReadAsync(WriteTransaction transaction) =>
        Combine(await transaction.QueryAsync<(string, long?)>(sql));

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

    private static LogBound Combine(IEnumerable<(string Name, long? Needed)> rows) =>
        rows.Aggregate(LogBound.None, (bound, row) => bound.OrBefore(row.Needed, row.Name));
}

/// <param name="Last">The last <c>seq</c> that may be deleted.</param>
/// <param name="HeldBy">What needs the next row; null if nothing does.</param>
internal readonly record struct LogBound(long Last, string? HeldBy)
{
    public static readonly LogBound None = new(long.MaxValue, null);

    public LogBound OrBefore(long? needed, string by) =>
        needed is { } seq && seq <= Last ? new LogBound(seq - 1, by) : this;
}
