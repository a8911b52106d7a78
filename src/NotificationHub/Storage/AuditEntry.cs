namespace NotificationHub.Storage;

/// <summary>What somebody has changed, or tried to.</summary>
/// <param name="Action">In the words of the command line: <c>dead-letters resend</c>.</param>
/// <param name="LocationId">Whose, where it is known.</param>
/// <param name="Subject">Which one: <c>event 17</c>. No secret and nothing personal.</param>
internal sealed record AuditedAct(string Action, string? LocationId = null, string? Subject = null);

/// <summary>The words of <c>audit_entry.outcome</c>.</summary>
internal static class AuditOutcome
{
    /// <summary>The action is in progress or was interrupted.</summary>
    public const string Started = "started";

    public const string Succeeded = "succeeded";

    /// <summary>The current state does not allow the action; nothing was changed.</summary>
    public const string Refused = "refused";

    /// <summary>The action failed; the detail names the kind of error.</summary>
    public const string Failed = "failed";
}

/// <summary>A row of <c>audit_entry</c>.</summary>
internal sealed record AuditEntry
{
    public required long Seq { get; init; }

    /// <summary>Unix milliseconds, by the database's clock.</summary>
    public required long At { get; init; }

    public required string Actor { get; init; }

    public required string Origin { get; init; }

    public required string Action { get; init; }

    public string? LocationId { get; init; }

    public string? Subject { get; init; }

    /// <summary>One of <see cref="AuditOutcome"/>.</summary>
    public required string Outcome { get; init; }

    public string? Detail { get; init; }
}
