using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>An accepted write: its tasks, and the status that Event Status shows.</summary>
/// <param name="elementsName">The array's name in the notification: <c>assignments</c> or <c>users</c>.</param>
/// <param name="batches">Tasks that are notified together, at most <see cref="MaxBatch"/> each.</param>
internal sealed class AppleEvent(
    string eventId,
    string notificationType,
    string action,
    string elementsName,
    IReadOnlyList<IReadOnlyList<EventTask>> batches
)
{
    public const int MaxBatch = 100;

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<JsonObject> _failures = [];
    private readonly int _requested = batches.Sum(batch => batch.Count);
    private int _completed;
    private int _failed;

    public string EventId => eventId;

    public string NotificationType => notificationType;

    /// <summary>Ends when the state has changed; the notifications may trail.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Changes the records batch by batch.</summary>
    /// <returns>The payloads to notify, in order.</returns>
    public IEnumerable<JsonObject> Run(LocationRecords records)
    {
        foreach (var batch in batches)
        {
            var outcomes = records.Change(change => batch.Select(task => task(change)).ToList());
            foreach (var payload in Settle([.. outcomes.Where(outcome => !outcome.IsDeferred)]))
            {
                yield return payload;
            }
        }

        if (_requested == 0)
        {
            _finished.TrySetResult();
        }
    }

    /// <summary>The simulator stops before the event was worked on: whoever waits for it is let go.</summary>
    public void Abandon() => _finished.TrySetCanceled();

    /// <summary>Records outcomes and groups them as Apple notifies them: one result, and at most one error, each.</summary>
    public IEnumerable<JsonObject> Settle(IReadOnlyList<TaskOutcome> outcomes)
    {
        var payloads = new List<JsonObject>();
        foreach (var group in outcomes.GroupBy(outcome => outcome.Error))
        {
            var error = group.Key is { } number
                ? AppleErrors.Body(number, TaskSubject.ErrorInfo([.. group.Select(outcome => outcome.Concerned)]))
                : null;
            Count(group.Count(), error);
            payloads.Add(Payload(group.Select(outcome => outcome.Element), error));
        }

        return payloads;
    }

    public JsonObject Status()
    {
        lock (_lock)
        {
            var isFinal = _completed + _failed == _requested;
            return new JsonObject
            {
                ["eventStatus"] =
                    !isFinal ? "PENDING"
                    : _failed > 0 ? "FAILED"
                    : "COMPLETE",
                ["eventType"] = action,
                ["numCompleted"] = _completed,
                ["numRequested"] = _requested,
                ["failures"] = new JsonArray([.. _failures.Select(failure => failure.DeepClone())]),
            };
        }
    }

    private void Count(int tasks, JsonObject? error)
    {
        lock (_lock)
        {
            if (error is null)
            {
                _completed += tasks;
            }
            else
            {
                _failed += tasks;
                _failures.Add(error);
            }

            if (_completed + _failed == _requested)
            {
                _finished.TrySetResult();
            }
        }
    }

    private JsonObject Payload(IEnumerable<JsonObject> elements, JsonObject? error)
    {
        var payload = new JsonObject
        {
            [elementsName] = new JsonArray([.. elements]),
            ["type"] = action,
            ["result"] = error is null ? "SUCCESS" : "FAILURE",
            ["eventId"] = eventId,
        };
        if (error is not null)
        {
            payload["error"] = error.DeepClone();
        }

        return payload;
    }
}
