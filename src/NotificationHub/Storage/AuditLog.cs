using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

// An entry is written in the transaction of the action that it records, if the action has one.
internal static class AuditLog
{
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

    /// <summary>Records the outcome of an action that was recorded as started.</summary>
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

    /// <param name="after">The seq before the first entry; null for the latest entries.</param>
    public static async Task<IReadOnlyList<AuditEntry>> ListAsync(DbConnection connection, long? after, int limit)
    {
        var entries = await connection.QueryAsync<AuditEntry>(
            $"""
            select seq, at, actor, origin, action, location_id Location, subject, outcome, detail
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

/// <param name="Action">As on the command line: <c>dead-letters resend</c>.</param>
/// <param name="LocationId">Null if unknown.</param>
/// <param name="Subject">For example <c>event 17</c>. Contains no secret and no personal data.</param>
internal sealed record AuditedAct(string Action, string? LocationId = null, string? Subject = null);

/// <summary>The values of <c>audit_entry.outcome</c>.</summary>
internal static class AuditOutcome
{
    /// <summary>The action is in progress or was interrupted.</summary>
    public const string Started = "started";

    public const string Succeeded = "succeeded";

    /// <summary>The current state does not allow the action; nothing was changed.</summary>
    public const string Refused = "refused";

    public const string Failed = "failed";
}

internal sealed record AuditEntry
{
    public required long Seq { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary><c>key:NAME</c>, <c>entra:OBJECT-ID</c>, <c>os:USER</c>, or <c>loopback</c> in Development.</summary>
    public required string Actor { get; init; }

    /// <summary>An address, or a machine for commands.</summary>
    public required string Origin { get; init; }

    /// <summary>Named like the command: <c>dead-letters resend</c>.</summary>
    public required string Action { get; init; }

    public string? Location { get; init; }

    /// <summary>The notification or event.</summary>
    public string? Subject { get; init; }

    /// <summary><c>started</c>, <c>succeeded</c>, <c>refused</c> (nothing was changed) or <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The kind of error.</summary>
    public string? Detail { get; init; }
}

/// <summary>The person or program that requests a change.</summary>
/// <param name="Name">For example <c>key:pipeline</c>, <c>entra:…</c> or <c>os:alice</c>.</param>
/// <param name="Origin">The address, or the command line of a machine.</param>
internal sealed record Actor(string Name, string Origin)
{
    public static Actor CommandLine { get; } =
        new($"os:{Environment.UserName}", $"command line of {Environment.MachineName}");
}
