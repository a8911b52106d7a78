namespace NotificationHub.Publishing;

/// <summary>The words of <c>dead_letter.state</c>.</summary>
internal static class DeadLetterState
{
    /// <summary>Set aside; nobody has decided.</summary>
    public const string Open = "open";

    /// <summary>Somebody asked for it to be sent again; the topic's publisher does so on its next pass.</summary>
    public const string Resend = "resend";

    /// <summary>Settled: the broker has accepted it.</summary>
    public const string Resent = "resent";

    /// <summary>Settled: somebody decided that it need not be sent.</summary>
    public const string Discarded = "discarded";

    public static readonly IReadOnlyCollection<string> All = [Open, Resend, Resent, Discarded];
}

/// <summary>An event that the broker refuses to take. The event itself stays in the log.</summary>
internal sealed record DeadLetter
{
    public required long Seq { get; init; }

    public required string Topic { get; init; }

    /// <summary>One of <see cref="DeadLetterState"/>.</summary>
    public required string State { get; init; }

    /// <summary>What the broker said last.</summary>
    public required string Reason { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long RejectedAt { get; init; }

    /// <summary>Unix milliseconds; null while it is not settled.</summary>
    public long? ResolvedAt { get; init; }

    /// <summary>The event's name; null where it is no longer in the log.</summary>
    public string? Type { get; init; }

    public string? LocationId { get; init; }
}

/// <summary>What became of somebody's decision about a dead letter.</summary>
internal enum DeadLetterDecision
{
    Taken,

    NotFound,

    /// <summary>It is settled already, or is about to be sent.</summary>
    NotOpen,
}
