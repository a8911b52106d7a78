using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>A row of <c>operation</c>: an asynchronous request of the MDM to Apple. Times are Unix milliseconds.</summary>
internal sealed record Operation
{
    public required string EventId { get; init; }

    public required string LocationId { get; init; }

    /// <summary>One of <see cref="OperationStates"/>.</summary>
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

    public required long Succeeded { get; init; }

    public required long Failed { get; init; }

    /// <summary>The time of the next poll.</summary>
    public required DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? LastPolledAt { get; init; }

    /// <summary>The number of polls since the last notification.</summary>
    public required long Polls { get; init; }

    /// <summary>The error code of the last poll.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The number of tasks in the last event; like the next two, null before the first event.</summary>
    public long? Requested { get; init; }

    public long? Completed { get; init; }

    /// <summary>The number of failed tasks in the last event.</summary>
    public long? Missed { get; init; }

    /// <summary>The data of the last event; null in lists.</summary>
    public string? Report { get; init; }

    public DateTimeOffset SilentSince => StoredTime.Later(LastNotificationAt ?? default, AnnouncedAt ?? StartedAt);
}

/// <summary>The states of an operation. It enters each state at most once, with an event.</summary>
internal static class OperationStates
{
    public const string Open = "open";

    /// <summary>Apple has not finished or not responded in time; the hub continues to poll.</summary>
    public const string Stalled = "stalled";

    public const string Completed = "completed";

    /// <summary>Ended, with failed tasks.</summary>
    public const string Failed = "failed";

    /// <summary>Apple does not know the operation, or no longer; its result is unknown.</summary>
    public const string Unknown = "unknown";

    public static IReadOnlyList<string> All { get; } = [Open, Stalled, Completed, Failed, Unknown];

    public static bool IsClosed(string state) => state is Completed or Failed or Unknown;
}

/// <summary>An operation as shown by commands and over HTTP.</summary>
internal sealed record OperationDocument
{
    public required string EventId { get; init; }

    public required string Location { get; init; }

    /// <summary>One of <see cref="OperationStates"/>.</summary>
    public required string State { get; init; }

    public string? Kind { get; init; }

    public required bool Deferred { get; init; }

    public long? Tasks { get; init; }

    public string? AnnouncedBy { get; init; }

    public DateTimeOffset? AnnouncedAt { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? LastNotificationAt { get; init; }

    /// <summary>The number of notifications. In the next two, a task that was reported twice counts twice.</summary>
    public required long Notifications { get; init; }

    public required long NotifiedSucceeded { get; init; }

    public required long NotifiedFailed { get; init; }

    public DateTimeOffset? LastPolledAt { get; init; }

    public DateTimeOffset? NextPollAt { get; init; }

    public string? LastError { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The number of tasks in the last event; like the next two, null before the first event.</summary>
    public long? Requested { get; init; }

    public long? Completed { get; init; }

    public long? Failed { get; init; }

    /// <summary>The data of the last event; null in lists.</summary>
    public OperationReport? Report { get; init; }

    public static OperationDocument From(Operation operation) =>
        new()
        {
            EventId = operation.EventId,
            Location = operation.LocationId,
            State = operation.State,
            Kind = operation.Kind,
            Deferred = operation.Deferred,
            Tasks = operation.Tasks,
            AnnouncedBy = operation.AnnouncedBy,
            AnnouncedAt = operation.AnnouncedAt,
            StartedAt = operation.StartedAt,
            LastNotificationAt = operation.LastNotificationAt,
            Notifications = operation.Notifications,
            NotifiedSucceeded = operation.Succeeded,
            NotifiedFailed = operation.Failed,
            LastPolledAt = operation.LastPolledAt,
            NextPollAt = operation.ClosedAt is null ? operation.DueAt : null,
            LastError = operation.LastError,
            EndedAt = operation.ClosedAt,
            Requested = operation.Requested,
            Completed = operation.Completed,
            Failed = operation.Missed,
            Report = operation.Report is { } report
                ? JsonSerializer.Deserialize(report, EventJsonContext.Default.OperationReport)
                : null,
        };
}
