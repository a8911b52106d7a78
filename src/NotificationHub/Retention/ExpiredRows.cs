using System.Data.Common;
using Dapper;
using NotificationHub.Publishing;
using NotificationHub.Relay;
using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>Finds and deletes old rows that are scattered over a table.</summary>
/// <param name="Name">The value of the metric's tag.</param>
internal sealed record ExpiredRowQuery(string Name, string FindSql, string DeleteSql)
{
    private const string RedateNotification =
        "update notification_log set received_at = @now where seq = @seq and received_at > @future";

    private const string NotRelayed = $"coalesce(({RelayDeliveries.OldestNeeded}), 9223372036854775807)";

    // The first condition selects the index, and the plus sign prevents the use of another one. The last condition keeps rows until they are routed.
    public static readonly ExpiredRowQuery Unrouted = new(
        "unrouted-notifications",
        $"""
        select seq
        from notification_log
        where disposition <> 0 and +disposition in (1, 2, 3) and received_at >= @from and received_at <= @until
            and seq <= (select position from log_cursor where name = 'routing') and seq < {NotRelayed}
        order by received_at
        """,
        "delete from notification_log where seq = @seq and disposition in (1, 2, 3)"
    )
    {
        RedateSql = RedateNotification,
    };

    // The last "when" reads all events. It applies only to notifications without a row in rerouted_notification.
    public static readonly ExpiredRowQuery Rerouted = new(
        "notifications",
        $"""
        select n.seq
        from notification_log n
        left join rerouted_notification r on r.notification_seq = n.seq
        where n.disposition <> 0 and +n.disposition = 4 and n.received_at >= @from and n.received_at <= @until
            and case
                when r.event_seq < (select first_seq from log_start where log = 'event') then 1
                when r.event_seq is not null then 0
                when exists (select 1 from event_log e where e.notification_seq = n.seq) then 0
                else 1
            end = 1
            and n.seq < {NotRelayed}
        order by n.received_at
        """,
        "delete from notification_log where seq = @seq and disposition = 4"
    )
    {
        RedateSql = RedateNotification,
    };

    /// <summary>Rows of rerouted_notification whose notification is deleted; they have no age.</summary>
    public static readonly ExpiredRowQuery Reroutes = new(
        "reroutes",
        """
        select r.notification_seq seq
        from rerouted_notification r
        where not exists (select 1 from notification_log n where n.seq = r.notification_seq)
        order by r.notification_seq
        """,
        "delete from rerouted_notification where notification_seq = @seq"
    );

    /// <summary>Deliveries that were set aside, and whose notification was deleted; they have no age.</summary>
    public static readonly ExpiredRowQuery SetAside = new(
        "relay-deliveries",
        """
        select d.target_id, d.seq
        from relay_delivery d
        where d.state = 'set-aside' and not exists (select 1 from notification_log n where n.seq = d.seq)
        order by d.seq
        """,
        "delete from relay_delivery where target_id = @target_id and seq = @seq and state = 'set-aside'"
    );

    public static readonly ExpiredRowQuery DeadLetters = new(
        "dead-letters",
        """
        select event_seq seq
        from dead_letter
        where resolved_at is not null and resolved_at >= @from and resolved_at <= @until
        order by resolved_at
        """,
        $"delete from dead_letter where event_seq = @seq and state in ('{DeadLetterState.Resent}', '{DeadLetterState.Discarded}')"
    )
    {
        RedateSql = "update dead_letter set resolved_at = @now where event_seq = @seq and resolved_at > @future",
    };

    public static readonly ExpiredRowQuery Replays = new(
        "replays",
        """
        select replay_id
        from replay
        where finished_at is not null and finished_at >= @from and finished_at <= @until
        order by finished_at
        """,
        "delete from replay where replay_id = @replay_id and finished_at is not null"
    )
    {
        RedateSql = "update replay set finished_at = @now where replay_id = @replay_id and finished_at > @future",
    };

    public static readonly ExpiredRowQuery RemovedRecords = new(
        "removed-records",
        """
        select location_id, kind, "key", changed_at
        from snapshot
        where data is null and changed_at >= @from and changed_at <= @until
        order by changed_at
        """,
        """
        delete from snapshot
        where location_id = @location_id and kind = @kind and "key" = @key and data is null and changed_at = @changed_at
        """
    )
    {
        RedateSql = """
            update snapshot
            set changed_at = @now
            where location_id = @location_id and kind = @kind and "key" = @key and data is null and changed_at = @changed_at
            """,
    };

    /// <summary>Sets a time in the future, which would delay the delete, to the present; null for rows without an age.</summary>
    public string? RedateSql { get; private init; }

    public string FindStatement(DbConnection connection) => $"{FindSql} {connection.Limit("@limit")}";

    public async Task<IReadOnlyList<DynamicParameters>> FindAsync(
        DbConnection connection,
        DateTimeOffset from,
        DateTimeOffset until,
        int limit
    )
    {
        var rows = await connection.QueryAsync(
            FindStatement(connection),
            new
            {
                from,
                until,
                limit,
            }
        );
        return [.. rows.Select(row => new DynamicParameters((IDictionary<string, object>)row))];
    }

    public Task<int> DeleteAsync(WriteTransaction transaction, IEnumerable<DynamicParameters> rows) =>
        ExecuteAsync(transaction, DeleteSql, rows);

    public Task<int> RedateAsync(
        WriteTransaction transaction,
        IReadOnlyList<DynamicParameters> rows,
        DateTimeOffset now,
        DateTimeOffset future
    )
    {
        foreach (var row in rows)
        {
            row.AddDynamicParams(new { now, future });
        }

        return ExecuteAsync(transaction, RedateSql!, rows);
    }

    private static async Task<int> ExecuteAsync(
        WriteTransaction transaction,
        string sql,
        IEnumerable<DynamicParameters> rows
    )
    {
        var changed = 0;
        foreach (var row in rows)
        {
            changed += await transaction.ExecuteAsync(sql, row);
        }

        return changed;
    }
}
