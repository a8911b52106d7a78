using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>The statements over <c>audit_entry</c>. An entry is written in the transaction of what it tells of, where that is one.</summary>
internal static class AuditLog
{
    /// <summary>Notes an act with its outcome.</summary>
    /// <returns>The entry's seq.</returns>
    public static async Task<long> RecordAsync(
        WriteTransaction transaction,
        Actor actor,
        AuditedAct act,
        string outcome
    ) =>
        await transaction.ScalarAsync<long>(
            transaction.Sql("RecordAudit"),
            new
            {
                now = await transaction.NowAsync(),
                actor.Name,
                actor.Origin,
                act.Action,
                act.LocationId,
                act.Subject,
                outcome,
            }
        );

    /// <summary>Notes how an act that was noted as begun has ended.</summary>
    /// <param name="transaction">The transaction of its end.</param>
    /// <param name="seq">The entry.</param>
    /// <param name="outcome">One of <see cref="AuditOutcome"/>.</param>
    /// <param name="locationId">The location, where it was not known before.</param>
    /// <param name="detail">The kind of fault.</param>
    public static Task CloseAsync(
        WriteTransaction transaction,
        long seq,
        string outcome,
        string? locationId = null,
        string? detail = null
    ) =>
        transaction.ExecuteAsync(
            """
            update audit_entry
            set outcome = @outcome, location_id = coalesce(@locationId, location_id), detail = @detail
            where seq = @seq
            """,
            new
            {
                seq,
                outcome,
                locationId,
                detail,
            }
        );

    /// <summary>The entries in their order.</summary>
    /// <param name="connection">To read from.</param>
    /// <param name="after">Those behind this seq; null for the latest.</param>
    /// <param name="limit">How many at most.</param>
    public static async Task<IReadOnlyList<AuditEntry>> ListAsync(DbConnection connection, long? after, int limit)
    {
        var entries = await connection.QueryAsync<AuditEntry>(
            $"""
            select seq, at, actor, origin, action, location_id LocationId, subject, outcome, detail
            from audit_entry
            where seq > @after
            order by seq {(after is null ? "desc" : "asc")}
            {connection.Limit("@limit")}
            """,
            new { after = after ?? 0, limit }
        );
        return [.. entries.OrderBy(entry => entry.Seq)];
    }
}
