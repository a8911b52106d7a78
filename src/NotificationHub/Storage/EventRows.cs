using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

// Without Dapper, because the publishers read every event, and mapping by name takes several times as long.
internal static class EventRows
{
    public const string Columns = """
        (select max(epoch) from log_epoch where log = 'event' and from_seq <= e.seq), e.seq, e.topic, e.type,
            e.location_id, e.subject, e.notification_seq, coalesce(e.data, n.body),
            cast(case when e.data is null and n.disposition = 0 then 1 else 0 end as bigint), e.action, e.result, e.change,
            e.cause, e.adam_id, e.correlation_id, e.conflict, e.traceparent, e.created_at
        """;

    /// <summary>Follows <c>event_log e</c>.</summary>
    public const string Join = "left join notification_log n on n.seq = e.notification_seq";

    private static readonly long LatestTime = DateTimeOffset.MaxValue.ToStored();

    // A damaged row becomes an event with an error, so that it does not block later events.
    public static EventEntry Read(DbDataReader row)
    {
        var data = row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7);
        var createdAt = row.GetInt64(17);
        var error =
            data is null ? "The notification that the event reports is no longer in the log."
            : createdAt is < 0 || createdAt > LatestTime ? "The time of the event is invalid."
            : null;
        return new()
        {
            Epoch = row.GetInt64(0),
            Seq = row.GetInt64(1),
            Topic = row.GetString(2),
            Type = row.GetString(3),
            LocationId = row.TextOrNull(4),
            Subject = row.TextOrNull(5),
            NotificationSeq = row.IsDBNull(6) ? null : row.GetInt64(6),
            Data = data ?? [.. "null"u8],
            Error = error,
            IsProvenJson = row.GetInt64(8) != 0,
            Action = row.TextOrNull(9),
            Result = row.TextOrNull(10),
            Change = row.TextOrNull(11),
            Cause = row.TextOrNull(12),
            AdamId = row.TextOrNull(13),
            CorrelationId = row.TextOrNull(14),
            Conflict = row.GetInt64(15) != 0,
            Traceparent = row.TextOrNull(16),
            CreatedAt = StoredTime.FromStored(Math.Clamp(createdAt, 0, LatestTime)),
        };
    }

    /// <param name="connection">A connection for reads.</param>
    /// <param name="statement">Selects the <see cref="Columns"/>.</param>
    /// <param name="parameters">The parameters of the statement.</param>
    /// <param name="matches">A condition that the statement cannot express; null if there is none.</param>
    /// <param name="limit">The maximum number of events.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public static async Task<IReadOnlyList<EventEntry>> ReadAsync(
        DbConnection connection,
        string statement,
        object parameters,
        Predicate<EventEntry>? matches,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<EventEntry> found = [];
        await using var rows = await connection.ExecuteReaderAsync(statement, parameters);
        while (await rows.ReadAsync(cancellationToken))
        {
            var entry = Read(rows);
            if (matches?.Invoke(entry) != false)
            {
                found.Add(entry);
            }

            if (found.Count == limit)
            {
                rows.CancelRest();
                break;
            }
        }

        return found;
    }

    public static string? TextOrNull(this DbDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetString(ordinal);
}
