namespace NotificationHub.OperationTracking;

/// <summary>A row of <c>operation</c>: what the MDM asked Apple for, and what became of it so far. Times are Unix milliseconds.</summary>
internal sealed record Operation
{
    public required string EventId { get; init; }

    public required string LocationId { get; init; }

    /// <summary>One of <see cref="OperationStates"/>.</summary>
    public required string State { get; init; }

    /// <summary>Apple's word for what was asked for: <c>ASSOCIATE</c>…</summary>
    public string? Kind { get; init; }

    /// <summary>It takes effect at the end of the billing period only.</summary>
    public required bool Deferred { get; init; }

    /// <summary>How many tasks there are, where the MDM said so.</summary>
    public long? Tasks { get; init; }

    public string? AnnouncedBy { get; init; }

    public long? AnnouncedAt { get; init; }

    /// <summary>When it was announced or first heard of.</summary>
    public required long StartedAt { get; init; }

    public long? LastNotificationAt { get; init; }

    /// <summary>Notifications heard; so are the tasks below, and doubled ones count twice.</summary>
    public required long Notifications { get; init; }

    public required long Succeeded { get; init; }

    public required long Failed { get; init; }

    /// <summary>When Apple is asked next, while it is open.</summary>
    public required long DueAt { get; init; }

    public long? LastPolledAt { get; init; }

    /// <summary>Questions to Apple since it was last heard of.</summary>
    public required long Polls { get; init; }

    /// <summary>Why the last question had no answer, in the words of the reads.</summary>
    public string? LastError { get; init; }

    public long? ClosedAt { get; init; }

    /// <summary>How many tasks the last event said there are; so are the next two, and all are null where there was none.</summary>
    public long? Requested { get; init; }

    public long? Completed { get; init; }

    /// <summary>How many tasks that event said have failed.</summary>
    public long? Missed { get; init; }

    /// <summary>The data of that event; null in lists, for it may be long.</summary>
    public string? Report { get; init; }

    /// <summary>Since when it is silent.</summary>
    public long SilentSince => Math.Max(LastNotificationAt ?? 0, AnnouncedAt ?? StartedAt);
}

/// <summary>How far an operation is. It comes into each state once at most, and an event tells of it.</summary>
internal static class OperationStates
{
    public const string Open = "open";

    /// <summary>Apple should be done and is not, or does not say; it is watched on.</summary>
    public const string Stalled = "stalled";

    public const string Completed = "completed";

    /// <summary>It has ended, and some of its tasks failed.</summary>
    public const string Failed = "failed";

    /// <summary>Apple does not know it (any more): how it went cannot be told.</summary>
    public const string Unknown = "unknown";

    public static IReadOnlyList<string> All { get; } = [Open, Stalled, Completed, Failed, Unknown];

    public static bool IsClosed(string state) => state is Completed or Failed or Unknown;
}
