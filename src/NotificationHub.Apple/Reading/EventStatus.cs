using System.Text.Json;
using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>
/// The status of an asynchronous operation. Poll at most every 30 seconds while it is pending. Apple: Event Status.
/// </summary>
public sealed record EventStatus : AppleResponse
{
    /// <summary><c>PENDING</c>, <c>COMPLETE</c> or <c>FAILED</c> (ended, with failed tasks).</summary>
    [JsonPropertyName("eventStatus")]
    public string? Status { get; init; }

    /// <summary><c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>, also for subscriptions.</summary>
    public string? EventType { get; init; }

    /// <summary>Completed tasks; a task is one asset for one device or user.</summary>
    public long? NumCompleted { get; init; }

    /// <summary>Requested tasks.</summary>
    public long? NumRequested { get; init; }

    /// <summary>The failures and their records.</summary>
    [JsonConverter(typeof(ListConverter<AppleError>))]
    public IReadOnlyList<AppleError> Failures
    {
        get => field ?? [];
        init;
    }

    /// <summary>Members that this library does not know; null if there are none.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? AdditionalMembers { get; set; }

    /// <summary>Whether Apple is still processing it.</summary>
    [JsonIgnore]
    public bool IsPending => Status == "PENDING";

    /// <summary>Whether every task completed. A completed association does not prove that the device exists.</summary>
    [JsonIgnore]
    public bool IsSuccess => Status == "COMPLETE" && NumCompleted == NumRequested && Failures.Count == 0;
}
