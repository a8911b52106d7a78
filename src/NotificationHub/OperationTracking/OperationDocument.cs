using System.Text.Json;
using NotificationHub.Events;

namespace NotificationHub.OperationTracking;

/// <summary>An operation as it is shown, by commands and over HTTP.</summary>
internal sealed record OperationDocument
{
    public required string EventId { get; init; }

    public required string Location { get; init; }

    /// <summary>One of <see cref="OperationStates"/>.</summary>
    public required string State { get; init; }

    public string? Kind { get; init; }

    public required bool Deferred { get; init; }

    /// <summary>How many tasks the MDM said there are.</summary>
    public long? Tasks { get; init; }

    public string? AnnouncedBy { get; init; }

    public DateTimeOffset? AnnouncedAt { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? LastNotificationAt { get; init; }

    /// <summary>Notifications heard, and the tasks in them; what was notified twice counts twice.</summary>
    public required long Notifications { get; init; }

    public required long HeardSucceeded { get; init; }

    public required long HeardFailed { get; init; }

    public DateTimeOffset? LastPolledAt { get; init; }

    /// <summary>When Apple is asked next; null once it has ended.</summary>
    public DateTimeOffset? AskedNextAt { get; init; }

    /// <summary>Why the last question to Apple had no answer.</summary>
    public string? LastError { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How many tasks there are, and what became of them, as the last event told; null where there was none yet.</summary>
    public long? Requested { get; init; }

    public long? Completed { get; init; }

    public long? Failed { get; init; }

    /// <summary>All that the last event told; null where there was none yet, and in lists.</summary>
    public OperationReport? Report { get; init; }

    public static OperationDocument Of(Operation operation) =>
        new()
        {
            EventId = operation.EventId,
            Location = operation.LocationId,
            State = operation.State,
            Kind = operation.Kind,
            Deferred = operation.Deferred,
            Tasks = operation.Tasks,
            AnnouncedBy = operation.AnnouncedBy,
            AnnouncedAt = TimeOf(operation.AnnouncedAt),
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(operation.StartedAt),
            LastNotificationAt = TimeOf(operation.LastNotificationAt),
            Notifications = operation.Notifications,
            HeardSucceeded = operation.Succeeded,
            HeardFailed = operation.Failed,
            LastPolledAt = TimeOf(operation.LastPolledAt),
            AskedNextAt = operation.ClosedAt is null ? TimeOf(operation.DueAt) : null,
            LastError = operation.LastError,
            EndedAt = TimeOf(operation.ClosedAt),
            Requested = operation.Requested,
            Completed = operation.Completed,
            Failed = operation.Missed,
            Report = operation.Report is { } report
                ? JsonSerializer.Deserialize(report, EventJsonContext.Default.OperationReport)
                : null,
        };

    private static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
