using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>
/// How far an asynchronous operation is. Ask at most every 30 seconds while it is pending. Apple: Event Status.
/// </summary>
public sealed record EventStatus : AppleAnswer
{
    /// <summary><c>PENDING</c>, <c>COMPLETE</c> or <c>FAILED</c> (ended, and some tasks failed).</summary>
    [JsonPropertyName("eventStatus")]
    public string? Status { get; init; }

    /// <summary><c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>; subscriptions use the same words.</summary>
    public string? EventType { get; init; }

    /// <summary>Tasks done; a task is one asset for one device or user.</summary>
    public long? NumCompleted { get; init; }

    /// <summary>Tasks asked for.</summary>
    public long? NumRequested { get; init; }

    /// <summary>What went wrong, and for whom.</summary>
    [JsonConverter(typeof(ListConverter<AppleError>))]
    public IReadOnlyList<AppleError> Failures
    {
        get => field ?? [];
        init;
    }

    /// <summary>Whether Apple is still at it.</summary>
    [JsonIgnore]
    public bool IsPending => Status == "PENDING";

    /// <summary>Whether every task was done. That an association completed does not prove that the device exists.</summary>
    [JsonIgnore]
    public bool IsSuccess => Status == "COMPLETE" && NumCompleted == NumRequested && Failures.Count == 0;
}
