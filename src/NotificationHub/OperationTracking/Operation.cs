using System.Text.Json;
using System.Text.Json.Serialization;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>An asynchronous request of the MDM to Apple: a row of <c>operation</c>, and its form in JSON.</summary>
internal sealed record Operation
{
    public required string EventId { get; init; }

    [JsonPropertyName("location")]
    public required string LocationId { get; init; }

    public required string State { get; init; }

    /// <summary>Apple's name of the request, such as <c>ASSOCIATE</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether it takes effect at the end of the billing period.</summary>
    public required bool Deferred { get; init; }

    /// <summary>The announced number of tasks.</summary>
    public long? Tasks { get; init; }

    public string? AnnouncedBy { get; init; }

    public DateTimeOffset? AnnouncedAt { get; init; }

    /// <summary>The time of the announcement or of the first notification.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? LastNotificationAt { get; init; }

    /// <summary>The number of notifications. In the next two, a task that was reported twice counts twice.</summary>
    public required long Notifications { get; init; }

    [JsonPropertyName("notifiedSucceeded")]
    public required long Succeeded { get; init; }

    [JsonPropertyName("notifiedFailed")]
    public required long Failed { get; init; }

    /// <summary>The time of the next poll.</summary>
    [JsonIgnore]
    public DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? LastPolledAt { get; init; }

    public DateTimeOffset? NextPollAt => ClosedAt is null ? DueAt : null;

    /// <summary>The number of polls since the last notification.</summary>
    [JsonIgnore]
    public long Polls { get; init; }

    /// <summary>The error code of the last poll.</summary>
    public string? LastError { get; init; }

    [JsonPropertyName("endedAt")]
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The number of tasks in the last event; like the next two, null before the first event.</summary>
    public long? Requested { get; init; }

    public long? Completed { get; init; }

    [JsonPropertyName("failed")]
    public long? Missed { get; init; }

    /// <summary>The data of the last event as JSON; null in lists.</summary>
    [JsonIgnore]
    public string? ReportJson { get; init; }

    /// <summary>The data of the last event; null in lists.</summary>
    public OperationReport? Report =>
        ReportJson is null ? null : JsonSerializer.Deserialize(ReportJson, EventJsonContext.Default.OperationReport);

    [JsonIgnore]
    public DateTimeOffset SilentSince => StoredTime.Later(LastNotificationAt ?? default, AnnouncedAt ?? StartedAt);
}

/// <summary>The states of an operation. It enters each state at most once, with an event.</summary>
internal static class OperationStates
{
    public const string Open = "open";

    /// <summary>Apple has not finished or not responded in time; the hub continues to poll.</summary>
    public const string Stalled = "stalled";

    public const string Completed = "completed";

    public const string Failed = "failed";

    /// <summary>Apple does not know the operation, or no longer; its result is unknown.</summary>
    public const string Unknown = "unknown";

    public static IReadOnlyList<string> All { get; } = [Open, Stalled, Completed, Failed, Unknown];

    public static bool IsClosed(string state) => state is Completed or Failed or Unknown;
}
