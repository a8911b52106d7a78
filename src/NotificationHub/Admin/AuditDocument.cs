using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>An entry of the audit log as the command and the admin API show it.</summary>
internal sealed record AuditDocument
{
    public required long Seq { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Who: <c>key:NAME</c>, <c>entra:OBJECT-ID</c>, <c>os:USER</c>, or <c>loopback</c> in Development.</summary>
    public required string Actor { get; init; }

    /// <summary>From where: an address, or the command line of a machine.</summary>
    public required string Origin { get; init; }

    /// <summary>In the words of the command line, such as <c>dead-letters resend</c>.</summary>
    public required string Action { get; init; }

    public string? Location { get; init; }

    /// <summary>Which notification or event.</summary>
    public string? Subject { get; init; }

    /// <summary><c>done</c>, <c>refused</c> (nothing was changed), <c>failed</c>, or <c>begun</c>: under way, or interrupted.</summary>
    public required string Outcome { get; init; }

    /// <summary>The kind of fault.</summary>
    public string? Detail { get; init; }

    public static AuditDocument Of(AuditEntry entry) =>
        new()
        {
            Seq = entry.Seq,
            At = DateTimeOffset.FromUnixTimeMilliseconds(entry.At),
            Actor = entry.Actor,
            Origin = entry.Origin,
            Action = entry.Action,
            Location = entry.LocationId,
            Subject = entry.Subject,
            Outcome = entry.Outcome,
            Detail = entry.Detail,
        };
}

/// <summary>A page of the audit log.</summary>
/// <param name="Next">What to ask on after; null where the page is not full.</param>
internal sealed record AuditPage(IReadOnlyList<AuditDocument> Entries, long? Next)
{
    public static AuditPage Of(IReadOnlyList<AuditEntry> entries, int limit) =>
        new([.. entries.Select(AuditDocument.Of)], entries.Count == limit ? entries[^1].Seq : null);
}
