using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>An entry of the audit log.</summary>
/// <param name="Actor"><c>key:NAME</c>, <c>entra:OBJECT-ID</c>, <c>os:USER</c>, or <c>loopback</c> in Development.</param>
/// <param name="Origin">An address, or a machine for commands.</param>
/// <param name="Action">Named like the command: <c>dead-letters resend</c>.</param>
/// <param name="Subject">The notification or event.</param>
/// <param name="Outcome"><c>started</c>, <c>succeeded</c>, <c>refused</c> (nothing was changed) or <c>failed</c>.</param>
/// <param name="Detail">The kind of error.</param>
internal sealed record AuditDocument(
    long Seq,
    DateTimeOffset At,
    string Actor,
    string Origin,
    string Action,
    string? Location,
    string? Subject,
    string Outcome,
    string? Detail
)
{
    /// <param name="after">The seq before the first entry; null for the latest entries.</param>
    public static async Task<Page<AuditDocument>> ListAsync(
        Database database,
        long? after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var entries = await AuditLog.ListAsync(connection, after, limit);
        return Page.Create([.. entries.Select(From)], limit, entry => entry.Seq);
    }

    private static AuditDocument From(AuditEntry entry) =>
        new(
            entry.Seq,
            entry.At,
            entry.Actor,
            entry.Origin,
            entry.Action,
            entry.LocationId,
            entry.Subject,
            entry.Outcome,
            entry.Detail
        );
}
