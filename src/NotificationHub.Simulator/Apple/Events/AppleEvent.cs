using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Events;

/// <summary>An accepted write with its tasks and the status that Event Status returns.</summary>
/// <param name="elementsName">The array's name in the notification: <c>assignments</c> or <c>users</c>.</param>
/// <param name="batches">Tasks that share a notification, at most <see cref="MaxBatch"/> each.</param>
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
    private IReadOnlyList<IReadOnlyList<EventTask>> _batches = batches;
    private EventFault? _fault;
    private int _completed;
    private int _failed;

    public string EventId => eventId;

    public string NotificationType => notificationType;

    public DateTimeOffset AcceptedAt { get; private set; }

    /// <summary>Completes when the records have changed; notifications may follow later.</summary>
    public Task Finished => _finished.Task;

    /// <param name="fault">Makes the first tasks fail.</param>
    public void Accept(DateTimeOffset at, EventFault? fault)
    {
        AcceptedAt = at;
        _fault = fault;
    }

    /// <returns>The notification payloads, in order.</returns>
    public IEnumerable<JsonObject> Run(LocationRecords records)
    {
        var toFail = _fault?.Tasks ?? 0;
        foreach (var batch in _batches)
        {
            var outcomes = records.Change(change =>
                batch
                    .Select(task => toFail-- > 0 ? task.Fail(change, _fault!.ErrorNumber) : task.Run(change))
                    .OfType<TaskOutcome>()
                    .ToList()
            );
            foreach (var payload in Settle(outcomes))
            {
                yield return payload;
            }
        }

        // Event Status needs the counts only.
        _batches = [];
        if (_requested == 0)
        {
            _finished.TrySetResult();
        }
    }

    public void Abandon() => _finished.TrySetCanceled();

    // Apple groups outcomes into notifications with one result and at most one error each.
    public IEnumerable<JsonObject> Settle(IReadOnlyList<TaskOutcome> outcomes)
    {
        var payloads = new List<JsonObject>();
        foreach (var group in outcomes.GroupBy(outcome => outcome.Error))
        {
            var error = group.Key is { } number
                ? AppleErrors.Body(number, TaskSubject.ErrorInfo(number, [.. group.Select(outcome => outcome.Subject)]))
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

/// <summary>One task of an asynchronous event, such as one asset for one device.</summary>
/// <param name="Apply">Changes the records; returns Apple's error number, or null for success.</param>
/// <param name="Describe">The entry in the notification's array, after the change.</param>
/// <param name="IsDeferred">Whether a success is reported only at the end of the billing period.</param>
internal sealed record EventTask(
    TaskSubject Subject,
    Func<RecordsChange, int?> Apply,
    Func<RecordsChange, JsonObject> Describe,
    bool IsDeferred = false
)
{
    /// <returns>Null if the outcome is reported later.</returns>
    public TaskOutcome? Run(RecordsChange change)
    {
        var error = Apply(change);
        return IsDeferred && error is null ? null : new(Describe(change), error, Subject);
    }

    public TaskOutcome Fail(RecordsChange change, int errorNumber) => new(Describe(change), errorNumber, Subject);
}

/// <param name="Element">The entry in the notification's array.</param>
/// <param name="Error">Apple's error number; null for success.</param>
/// <param name="Subject">The subject of an error.</param>
internal sealed record TaskOutcome(JsonObject Element, int? Error, TaskSubject Subject);

internal readonly record struct TaskSubject(AssetKey? Asset, string? ClientUserId, string? SerialNumber)
{
    /// <summary>Apple's <c>errorInfo</c>: the assets, users and devices of a failure.</summary>
    public static JsonObject ErrorInfo(int errorNumber, IReadOnlyList<TaskSubject> subjects)
    {
        var assets = (errorNumber == AppleErrors.UserNotFound ? [] : subjects)
            .Select(subject => subject.Asset)
            .OfType<AssetKey>()
            .Distinct();
        var info = new JsonObject();
        AddIfAny(
            info,
            "assets",
            assets.Select(asset => new JsonObject { ["adamId"] = asset.AdamId, ["pricingParam"] = asset.PricingParam })
        );
        AddIfAny(info, "clientUserIds", Names(subjects.Select(subject => subject.ClientUserId)));
        AddIfAny(info, "serialNumbers", Names(subjects.Select(subject => subject.SerialNumber)));
        return info;
    }

    private static IEnumerable<JsonValue> Names(IEnumerable<string?> names) =>
        names.OfType<string>().Distinct().Select(name => JsonValue.Create(name));

    private static void AddIfAny(JsonObject info, string name, IEnumerable<JsonNode> items)
    {
        JsonArray array = [.. items];
        if (array.Count > 0)
        {
            info[name] = array;
        }
    }
}
