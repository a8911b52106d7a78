using NotificationHub.Storage;

namespace NotificationHub.Replays;

internal static class ReplayState
{
    /// <summary>Another replay of the topic runs first, or the hub has not begun yet.</summary>
    public const string Pending = "pending";

    public const string Running = "running";

    public const string Completed = "completed";

    public const string Canceled = "canceled";

    /// <summary>Events in its range were deleted before they were sent.</summary>
    public const string Failed = "failed";

    public static readonly IReadOnlyCollection<string> All = [Pending, Running, Completed, Canceled, Failed];
}

/// <summary>A request to send a range of a topic's events again, and its progress.</summary>
internal sealed record Replay
{
    /// <summary>Ends the message IDs of the replay; null for a dry run.</summary>
    public string? Id { get; init; }

    public required string Topic { get; init; }

    /// <summary>The only subscription that receives the events; null for all subscriptions of the topic.</summary>
    public string? Subscription { get; init; }

    /// <summary>The name of the only event type, such as <c>asset.changed</c>; null for all.</summary>
    public string? Type { get; init; }

    public string? Location { get; init; }

    /// <summary>The <c>seq</c> before the range.</summary>
    public required long After { get; init; }

    /// <summary>The last <c>seq</c> of the range, fixed at the start.</summary>
    public required long UpTo { get; init; }

    /// <summary>The maximum number of events per second.</summary>
    public required long Rate { get; init; }

    /// <summary>One of <see cref="ReplayState"/>; null for a dry run.</summary>
    public string? State { get; init; }

    /// <summary>The <c>seq</c> up to which the range is processed.</summary>
    public required long Position { get; init; }

    /// <summary>The number of events in the range, counted at the start.</summary>
    public required long Events { get; init; }

    public long Sent { get; init; }

    /// <summary>Events that were skipped because the topic rejects them or because they are damaged.</summary>
    public long Rejected { get; init; }

    /// <summary>Why the replay is paused or has failed.</summary>
    public string? Error { get; init; }

    public required string RequestedBy { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? LastProgressAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Selects the events of the replay up to <paramref name="upTo"/>.</summary>
    public EventFilter Filter(long upTo) => new(Topic, Type, Location, upTo);
}

internal enum ReplayErrorCode
{
    NotFound,

    /// <summary>The current state does not allow it.</summary>
    NotAllowed,

    /// <summary>The events are no longer stored.</summary>
    Gone,
}

/// <summary>A replay cannot be started or canceled. The message says what to do.</summary>
internal sealed class ReplayException(ReplayErrorCode code, string message) : Exception(message)
{
    public ReplayErrorCode Code => code;

    /// <summary>The oldest stored <c>seq</c>, if the requested events are no longer stored.</summary>
    public long? Oldest { get; init; }
}
