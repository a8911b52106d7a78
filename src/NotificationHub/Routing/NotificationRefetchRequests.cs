using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Routing;

/// <summary>One thing that a notification hints at: what to read again.</summary>
/// <param name="Expects">What it says is true now; see <see cref="TargetExpectations"/>.</param>
internal readonly record struct RefetchRequest(
    RecordKind Kind,
    string Key,
    string? Holder = null,
    string? Expects = null
);

/// <summary>What a notification says about itself, for filters, and what it hints at.</summary>
internal sealed record NotificationRefetchRequests
{
    public string? Subject { get; init; }

    /// <summary>Apple's <c>type</c> within the notification: <c>ASSOCIATE</c>…</summary>
    public string? Action { get; init; }

    public string? Result { get; init; }

    /// <summary>The asset or subscription, where there is only one.</summary>
    public string? AdamId { get; init; }

    public string? EventId { get; init; }

    /// <summary>How many of an operation's tasks are listed.</summary>
    public int Tasks { get; init; }

    public IReadOnlyList<RefetchRequest> Targets { get; init; } = [];
}
